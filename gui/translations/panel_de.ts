<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>AdvancedView</name>
    <message>
        <location filename="../views/advanced_view.py" line="23"/>
        <source>Defaults</source>
        <translation>Vorgaben</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="24"/>
        <source>Set all of these to their defaults</source>
        <translation>Alle diese auf ihre Vorgaben setzen</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="32"/>
        <location filename="../views/advanced_view.py" line="44"/>
        <source>auto</source>
        <translation>auto</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="33"/>
        <location filename="../views/advanced_view.py" line="66"/>
        <source>Guidance</source>
        <translation>Führung</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="34"/>
        <location filename="../views/advanced_view.py" line="66"/>
        <source>Steps</source>
        <translation>Schritte</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="35"/>
        <source>Seam in seconds</source>
        <translation>Naht in Sekunden</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="36"/>
        <source>Context in seconds</source>
        <translation>Umfeld in Sekunden</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="38"/>
        <source>Length of a new sound in seconds, 0: all of it</source>
        <translation>Länge eines neuen Klangs in Sekunden, 0: alles</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="40"/>
        <location filename="../views/advanced_view.py" line="70"/>
        <source>Tilt</source>
        <translation>Neigung</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="49"/>
        <source>the engine&apos;s own</source>
        <translation>das der Engine</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="50"/>
        <location filename="../views/advanced_view.py" line="71"/>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="51"/>
        <source>from the prompt</source>
        <translation>aus dem Prompt</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="52"/>
        <source>Match loudness</source>
        <translation>Lautheit angleichen</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="53"/>
        <source>Keep noise floor</source>
        <translation>Grundrauschen behalten</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="54"/>
        <source>Rank takes</source>
        <translation>Takes ordnen</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="67"/>
        <source>Sampler</source>
        <translation>Sampler</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="67"/>
        <source>Method</source>
        <translation>Verfahren</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="68"/>
        <source>Seam s</source>
        <translation>Naht s</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="68"/>
        <source>Context s</source>
        <translation>Umfeld s</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="69"/>
        <source>Stereo</source>
        <translation>Stereo</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="69"/>
        <source>Highs</source>
        <translation>Höhen</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="70"/>
        <source>Lasts s</source>
        <translation>Dauer s</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="71"/>
        <source>UCS</source>
        <translation>UCS</translation>
    </message>
</context>
<context>
    <name>AskView</name>
    <message>
        <location filename="../views/ask_view.py" line="92"/>
        <source>what it should not sound like</source>
        <translation>wie es nicht klingen soll</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="93"/>
        <source>Negative prompt: what it should not sound like</source>
        <translation>Negativer Prompt: wie es nicht klingen soll</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="96"/>
        <source>Strength in percent</source>
        <translation>Stärke in Prozent</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="99"/>
        <source>Length in seconds</source>
        <translation>Länge in Sekunden</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="100"/>
        <source> s</source>
        <translation> s</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="102"/>
        <source>Seed</source>
        <translation>Seed</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="105"/>
        <source>Draft</source>
        <translation>Entwurf</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="106"/>
        <source>Normal</source>
        <translation>Normal</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="107"/>
        <source>Best</source>
        <translation>Beste</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="112"/>
        <source>&amp;Loop</source>
        <translation>Schlei&amp;fe</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="113"/>
        <source>The end runs into the start without a seam</source>
        <translation>Das Ende läuft ohne Naht in den Anfang</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="114"/>
        <source>Variation in percent</source>
        <translation>Variation in Prozent</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="114"/>
        <source>off</source>
        <translation>aus</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="119"/>
        <source>Automatic</source>
        <translation>Automatisch</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="120"/>
        <location filename="../views/ask_view.py" line="290"/>
        <source>Restyle</source>
        <translation>Umformen</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="121"/>
        <location filename="../views/ask_view.py" line="291"/>
        <source>Fill</source>
        <translation>Füllen</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="122"/>
        <location filename="../views/ask_view.py" line="289"/>
        <source>Generate</source>
        <translation>Erzeugen</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="123"/>
        <location filename="../views/ask_view.py" line="292"/>
        <source>Extend</source>
        <translation>Verlängern</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="128"/>
        <source>Lock</source>
        <translation>Halten</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="128"/>
        <source>Keep the seed for the next takes</source>
        <translation>Den Seed für die nächsten Takes behalten</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="130"/>
        <source>Roll</source>
        <translation>Würfeln</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="130"/>
        <source>Roll another seed</source>
        <translation>Einen anderen Seed würfeln</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="132"/>
        <source>Live</source>
        <translation>Live</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="133"/>
        <source>Live: render a draft after every change, with the seed held</source>
        <translation>Live: nach jeder Änderung einen Entwurf rechnen, mit gehaltenem Seed</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="139"/>
        <source>Advanced</source>
        <translation>Mehr</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="140"/>
        <source>Show advanced settings</source>
        <translation>Weitere Einstellungen zeigen</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="146"/>
        <source>Presets…</source>
        <translation>Presets…</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="146"/>
        <source>Look through the presets</source>
        <translation>Die Presets durchsehen</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="153"/>
        <source>Leave the preset: nothing goes along that has no field</source>
        <translation>Das Preset verlassen: Nichts geht mehr mit, was kein Feld hat</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="162"/>
        <source>&amp;Prompt</source>
        <translation>&amp;Prompt</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="163"/>
        <source>&amp;Not</source>
        <translation>&amp;Nicht</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="167"/>
        <source>&amp;Strength</source>
        <translation>&amp;Stärke</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="172"/>
        <source>&amp;Takes</source>
        <translation>&amp;Takes</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="172"/>
        <source>&amp;Quality</source>
        <translation>&amp;Güte</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="173"/>
        <source>M&amp;ode</source>
        <translation>M&amp;odus</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="174"/>
        <source>Len&amp;gth</source>
        <translation>&amp;Länge</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="174"/>
        <source>&amp;Vary</source>
        <translation>&amp;Variieren</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="184"/>
        <source>S&amp;eed</source>
        <translation>S&amp;eed</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="265"/>
        <source>Preset: {0}</source>
        <translation>Preset: {0}</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="293"/>
        <source>Loop</source>
        <translation>Schleife</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="294"/>
        <source>Vary</source>
        <translation>Variieren</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="297"/>
        <source>{0}: 1 take</source>
        <translation>{0}: 1 Take</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="299"/>
        <source>{0}: {1} takes</source>
        <translation>{0}: {1} Takes</translation>
    </message>
</context>
<context>
    <name>DawButton</name>
    <message>
        <location filename="../views/daw_button.py" line="26"/>
        <source>Get the selection of a DAW ({0}), put takes into it ({1})</source>
        <translation>Auswahl aus einer DAW holen ({0}), Takes in sie einsetzen ({1})</translation>
    </message>
    <message>
        <location filename="../views/daw_button.py" line="27"/>
        <source>DAW</source>
        <translation>DAW</translation>
    </message>
    <message>
        <location filename="../views/daw_button.py" line="29"/>
        <source>DAWs</source>
        <translation>DAWs</translation>
    </message>
    <message>
        <location filename="../views/daw_button.py" line="60"/>
        <source>Put into {0}</source>
        <translation>In {0} einsetzen</translation>
    </message>
    <message>
        <location filename="../views/daw_button.py" line="76"/>
        <source>Get selection from {0}</source>
        <translation>Auswahl aus {0} holen</translation>
    </message>
    <message>
        <location filename="../views/daw_button.py" line="78"/>
        <source>Put chosen takes into {0}</source>
        <translation>Gewählte Takes in {0} einsetzen</translation>
    </message>
    <message>
        <location filename="../views/daw_button.py" line="84"/>
        <source>Looking for DAWs…</source>
        <translation>DAWs werden gesucht …</translation>
    </message>
    <message>
        <location filename="../views/daw_button.py" line="84"/>
        <source>No DAW was found</source>
        <translation>Keine DAW gefunden</translation>
    </message>
    <message>
        <location filename="../views/daw_button.py" line="88"/>
        <source>Look for DAWs again</source>
        <translation>Noch einmal nach DAWs suchen</translation>
    </message>
    <message>
        <location filename="../views/daw_button.py" line="90"/>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
</context>
<context>
    <name>Engine</name>
    <message>
        <location filename="../models/engine_words.py" line="21"/>
        <source>Spans of the mask overlap; what they cover together is made anew.</source>
        <translation>Bereiche der Maske überlappen sich; was sie zusammen bedecken, wird neu gemacht.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="22"/>
        <source>The guide is not followed: guide_envelope and guide_onsets are both 0.</source>
        <translation>Der Vorlage wird nicht gefolgt: guide_envelope und guide_onsets sind beide 0.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="23"/>
        <source>The model {model} was not taught how long sounds last: the region is filled, whatever sounding says; fade_out makes an end.</source>
        <translation>Das Modell {model} hat nicht gelernt, wie lange Klänge dauern: der Bereich wird gefüllt, was sounding auch sagt; fade_out macht ein Ende.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="28"/>
        <source>The model {model} makes nothing above {hertz} Hz: what is there only follows what is below.</source>
        <translation>Das Modell {model} macht nichts über {hertz} Hz: was dort ist, folgt nur dem, was darunter ist.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="32"/>
        <source>{guide} ends {seconds} seconds before the region does; from there on silence is followed.</source>
        <translation>{guide} endet {seconds} Sekunden vor dem Bereich; von da an wird der Stille gefolgt.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="36"/>
        <source>The region</source>
        <translation>Der Bereich</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="37"/>
        <source>The guide {path}</source>
        <translation>Die Vorlage {path}</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="39"/>
        <source>Take {take} is made again with another seed. {why}</source>
        <translation>Take {take} wird mit einem anderen Seed noch einmal gemacht. {why}</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="40"/>
        <source>Take {take} is not as it should be. {why}</source>
        <translation>Take {take} ist nicht, wie er sein soll. {why}</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="41"/>
        <source>The model gave samples that are not numbers; try another seed or model.</source>
        <translation>Das Modell gab Werte, die keine Zahlen sind; versuchen Sie einen anderen Seed oder ein anderes Modell.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="43"/>
        <source>It is silent (below {level} dB).</source>
        <translation>Er ist still (unter {level} dB).</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="44"/>
        <source>It holds a sample that is not a number at {seconds} s.</source>
        <translation>Er enthält bei {seconds} s einen Wert, der keine Zahl ist.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="45"/>
        <source>It is clipped in {count} places; lower the guidance.</source>
        <translation>Er ist an {count} Stellen übersteuert; verringern Sie die Führung.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="46"/>
        <source>It has a constant offset of {percent} % of full scale.</source>
        <translation>Er hat einen Gleichanteil von {percent} % der Vollaussteuerung.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="47"/>
        <source>There is nothing in the octave around {hertz} Hz.</source>
        <translation>In der Oktave um {hertz} Hz ist nichts.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="48"/>
        <source>It clicks at {seconds} s, where it joins the recording.</source>
        <translation>Er knackt bei {seconds} s, wo er an die Aufnahme grenzt.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="49"/>
        <source>It clicks where its end meets its start.</source>
        <translation>Er knackt, wo sein Ende auf seinen Anfang trifft.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="50"/>
        <source>It is further from the prompt than from none; word the prompt otherwise.</source>
        <translation>Er ist vom Prompt weiter entfernt als von keinem; formulieren Sie den Prompt anders.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="52"/>
        <source>{model} may take {size} GB, more than the limit of {limit} GB: it is loaded alone, and let go when another model is asked for.</source>
        <translation>{model} kann {size} GB brauchen, mehr als die Grenze von {limit} GB: es wird allein geladen und losgelassen, wenn ein anderes Modell verlangt wird.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="57"/>
        <source>The memory of {device} is not enough for the {part} of {model}, which runs on {other} from here on.</source>
        <translation>Der Speicher von {device} reicht nicht für einen Teil von {model} ({part}), der von hier an auf {other} läuft.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="61"/>
        <source>text encoder</source>
        <translation>Textkodierer</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="62"/>
        <source>vae encoder</source>
        <translation>VAE-Kodierer</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="63"/>
        <source>vae decoder</source>
        <translation>VAE-Dekodierer</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="64"/>
        <source>denoiser</source>
        <translation>Entrauscher</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="65"/>
        <source>vocoder</source>
        <translation>Vocoder</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="66"/>
        <source>audio encoder</source>
        <translation>Audiokodierer</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="67"/>
        <source>student</source>
        <translation>Schüler</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="68"/>
        <source>{model} does not run on {device}: it needs about {size} GB there, and {free} GB are free.</source>
        <translation>{model} läuft nicht auf {device}: es braucht dort etwa {size} GB, und {free} GB sind frei.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="73"/>
        <source>The recipe followed the recording &quot;{path}&quot;; name it with the key guide to follow it again.</source>
        <translation>Das Rezept folgte der Aufnahme „{path}“; nennen Sie sie mit dem Schlüssel guide, um ihr wieder zu folgen.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="76"/>
        <source>That take then went through effects ({effects}), which a recipe does not bring along.</source>
        <translation>Jener Take ging danach durch Effekte ({effects}), die ein Rezept nicht mitbringt.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="79"/>
        <source>The recipe&apos;s key {key} is not known here and was left out.</source>
        <translation>Der Schlüssel {key} des Rezepts ist hier unbekannt und wurde weggelassen.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="80"/>
        <source>A setting of the recipe was left out. {why}</source>
        <translation>Eine Einstellung des Rezepts wurde weggelassen. {why}</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="81"/>
        <source>The take is whole, but was not noted. {why}</source>
        <translation>Der Take ist ganz, wurde aber nicht verzeichnet. {why}</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="82"/>
        <source>The index of takes was damaged and lies in {path} now; a new one has {count} of its takes and what is in the take folder.</source>
        <translation>Das Verzeichnis der Takes war beschädigt und liegt jetzt in {path}; ein neues hat {count} seiner Takes und was im Ordner der Takes ist.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="87"/>
        <source>{path} is another file by now and was left.</source>
        <translation>{path} ist inzwischen eine andere Datei und blieb, wo sie ist.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="88"/>
        <source>{path} can&apos;t be deleted ({why}).</source>
        <translation>{path} kann nicht gelöscht werden ({why}).</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="90"/>
        <source>{file} is missing.</source>
        <translation>{file} fehlt.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="91"/>
        <source>{file} is truncated: {size} of {whole} bytes.</source>
        <translation>{file} ist abgeschnitten: {size} von {whole} Byte.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="92"/>
        <source>{file} is too long: {size} bytes instead of {whole}.</source>
        <translation>{file} ist zu lang: {size} Byte statt {whole}.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="93"/>
        <source>{file} was altered: it is not the file that the manifest describes.</source>
        <translation>{file} wurde verändert: es ist nicht die Datei, die das Manifest beschreibt.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="96"/>
        <source>{file} can&apos;t be read ({why}).</source>
        <translation>{file} kann nicht gelesen werden ({why}).</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="97"/>
        <source>The model in {folder} has the same name.</source>
        <translation>Das Modell in {folder} heißt ebenso.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="99"/>
        <source>The model {model} can&apos;t hear: sounds are found by their names and descriptions only.</source>
        <translation>Das Modell {model} kann nicht hören: Klänge werden nur nach Namen und Beschreibung gefunden.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="102"/>
        <source>The model {model} is not what it was: everything is heard anew.</source>
        <translation>Das Modell {model} ist nicht mehr, was es war: alles wird neu gehört.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="103"/>
        <source>The folder {folder} can&apos;t be looked into; what was known of it stays.</source>
        <translation>In den Ordner {folder} kann nicht gesehen werden; was von ihm bekannt war, bleibt.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="106"/>
        <source>{count} sounds that fit are gone; punchin library index brings the index up to date.</source>
        <translation>{count} passende Klänge sind nicht mehr da; neues Indizieren bringt das Verzeichnis auf den Stand.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="109"/>
        <source>Your sounds were indexed with another model than {model} as it is now; index them again: {command}.</source>
        <translation>Ihre Klänge wurden mit einem anderen Modell indiziert als {model}, wie es jetzt ist; indizieren Sie sie neu: {command}.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="113"/>
        <source>The index of your sounds was damaged and lies in {path} now; no sound was touched. Index your folders again: punchin library index FOLDER.</source>
        <translation>Das Verzeichnis Ihrer Klänge war beschädigt und liegt nun in {path}; kein Klang wurde angefasst. Indizieren Sie Ihre Ordner neu.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="118"/>
        <source>{path} is silent; there is nothing in it to find.</source>
        <translation>{path} ist still; darin ist nichts zu finden.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="119"/>
        <source>{path} is shorter than {seconds} s; it is left out.</source>
        <translation>{path} ist kürzer als {seconds} s und bleibt weg.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="121"/>
        <source>no commercial use, name the authors, share what you build on it alike</source>
        <translation>keine kommerzielle Nutzung, Urheber nennen, darauf Aufgebautes ebenso weitergeben</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="122"/>
        <source>no commercial use, name the authors</source>
        <translation>keine kommerzielle Nutzung, Urheber nennen</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="123"/>
        <source>name the authors, share what you build on it alike</source>
        <translation>Urheber nennen, darauf Aufgebautes ebenso weitergeben</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="124"/>
        <source>name the authors</source>
        <translation>Urheber nennen</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="125"/>
        <source>its licence is not stated; ask who made it what you may do with it</source>
        <translation>seine Lizenz ist nicht angegeben; fragen Sie, wer es gemacht hat, was Sie damit tun dürfen</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="126"/>
        <source>see its text</source>
        <translation>siehe ihren Text</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="128"/>
        <source>The setting {key} of the preset {preset} is not one a preset may set, and was left out.</source>
        <translation>Die Einstellung {key} des Presets {preset} darf ein Preset nicht setzen; sie wurde weggelassen.</translation>
    </message>
    <message>
        <location filename="../models/engine_words.py" line="131"/>
        <source>The preset {preset} is meant for the model {model}, which is not installed; another is used.</source>
        <translation>Das Preset {preset} ist für das Modell {model} gedacht, das nicht installiert ist; ein anderes wird verwendet.</translation>
    </message>
</context>
<context>
    <name>FoundTable</name>
    <message>
        <location filename="../views/found_table.py" line="27"/>
        <source>Sounds that were found</source>
        <translation>Gefundene Klänge</translation>
    </message>
</context>
<context>
    <name>LibraryDialog</name>
    <message>
        <location filename="../views/library_dialog.py" line="30"/>
        <location filename="../views/library_dialog.py" line="107"/>
        <source>Library</source>
        <translation>Bibliothek</translation>
    </message>
    <message>
        <location filename="../views/library_dialog.py" line="42"/>
        <source>Under way</source>
        <translation>Läuft</translation>
    </message>
    <message>
        <location filename="../views/library_dialog.py" line="44"/>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <location filename="../views/library_dialog.py" line="44"/>
        <source>Stop the index; what was heard is kept</source>
        <translation>Das Indizieren anhalten; was gehört wurde, bleibt</translation>
    </message>
    <message>
        <location filename="../views/library_dialog.py" line="49"/>
        <source>F&amp;ind</source>
        <translation>&amp;Suchen</translation>
    </message>
    <message>
        <location filename="../views/library_dialog.py" line="50"/>
        <source>F&amp;olders</source>
        <translation>&amp;Ordner</translation>
    </message>
    <message>
        <location filename="../views/library_dialog.py" line="104"/>
        <source>The engine that runs may not read {0}. Start it anew, so that it may? What it renders now ends.</source>
        <translation>Die laufende Engine darf {0} nicht lesen. Neu starten, damit sie darf? Was sie gerade rechnet, endet.</translation>
    </message>
</context>
<context>
    <name>LibraryFind</name>
    <message>
        <location filename="../views/library_find.py" line="53"/>
        <source>What it should sound like: wooden door slam</source>
        <translation>Wie es klingen soll, englisch: wooden door slam</translation>
    </message>
    <message>
        <location filename="../views/library_find.py" line="55"/>
        <source>What the sounds should be like</source>
        <translation>Wie die Klänge sein sollen</translation>
    </message>
    <message>
        <location filename="../views/library_find.py" line="58"/>
        <source>Only sounds in this folder</source>
        <translation>Nur Klänge in diesem Ordner</translation>
    </message>
    <message>
        <location filename="../views/library_find.py" line="60"/>
        <source>all folders</source>
        <translation>alle Ordner</translation>
    </message>
    <message>
        <location filename="../views/library_find.py" line="61"/>
        <source>any</source>
        <translation>egal</translation>
    </message>
    <message>
        <location filename="../views/library_find.py" line="62"/>
        <source>Shortest, in seconds</source>
        <translation>Kürzester, in Sekunden</translation>
    </message>
    <message>
        <location filename="../views/library_find.py" line="63"/>
        <source>Longest, in seconds</source>
        <translation>Längster, in Sekunden</translation>
    </message>
    <message>
        <location filename="../views/library_find.py" line="65"/>
        <source>Look by words alone again</source>
        <translation>Wieder nur nach Worten suchen</translation>
    </message>
    <message>
        <location filename="../views/library_find.py" line="79"/>
        <source>Add a folder…</source>
        <translation>Ordner hinzufügen…</translation>
    </message>
    <message>
        <location filename="../views/library_find.py" line="79"/>
        <source>Index a folder of sounds</source>
        <translation>Einen Ordner mit Klängen indizieren</translation>
    </message>
    <message>
        <location filename="../views/library_find.py" line="83"/>
        <source>Play it, or stop (Space; Shift+Space: all of the file)</source>
        <translation>Abspielen oder anhalten (Leertaste; Umschalt+Leertaste: die ganze Datei)</translation>
    </message>
    <message>
        <location filename="../views/library_find.py" line="86"/>
        <source>More like this</source>
        <translation>Mehr davon</translation>
    </message>
    <message>
        <location filename="../views/library_find.py" line="87"/>
        <source>Find sounds that are like this one</source>
        <translation>Klänge finden, die diesem ähnlich sind</translation>
    </message>
    <message>
        <location filename="../views/library_find.py" line="92"/>
        <source>Show the folder</source>
        <translation>Den Ordner zeigen</translation>
    </message>
    <message>
        <location filename="../views/library_find.py" line="92"/>
        <source>Show the file&apos;s folder</source>
        <translation>Den Ordner der Datei zeigen</translation>
    </message>
    <message>
        <location filename="../views/library_find.py" line="95"/>
        <source>Use as source</source>
        <translation>Als Vorlage</translation>
    </message>
    <message>
        <location filename="../views/library_find.py" line="95"/>
        <source>Open it here and make new takes of it (Enter)</source>
        <translation>Hier öffnen und neue Takes daraus machen (Eingabetaste)</translation>
    </message>
    <message>
        <location filename="../views/library_find.py" line="102"/>
        <source>&amp;From</source>
        <translation>&amp;Von</translation>
    </message>
    <message>
        <location filename="../views/library_find.py" line="102"/>
        <source>&amp;to</source>
        <translation>&amp;bis</translation>
    </message>
    <message>
        <location filename="../views/library_find.py" line="105"/>
        <source>seconds</source>
        <translation>Sekunden</translation>
    </message>
    <message>
        <location filename="../views/library_find.py" line="196"/>
        <source>Like {0}; words narrow it further</source>
        <translation>Wie {0}; Worte engen es weiter ein</translation>
    </message>
    <message>
        <location filename="../views/library_find.py" line="215"/>
        <source>Looking for your folders…</source>
        <translation>Nach Ihren Ordnern wird gesehen…</translation>
    </message>
    <message>
        <location filename="../views/library_find.py" line="218"/>
        <source>None of your sounds are indexed yet.

Add a folder, or drop one here: its sounds are listened to once, and then found by what they are like. No file is changed.</source>
        <translation>Noch sind keine Ihrer Klänge indiziert.

Fügen Sie einen Ordner hinzu oder ziehen Sie ihn hierher: Seine Klänge werden einmal gehört und dann danach gefunden, wie sie sind. Keine Datei wird geändert.</translation>
    </message>
    <message>
        <location filename="../views/library_find.py" line="223"/>
        <source>Type what it should sound like, in English.

Space plays what was found, Enter makes it the source of new takes, and it can be dragged into a DAW.</source>
        <translation>Schreiben Sie auf Englisch, wie es klingen soll.

Die Leertaste spielt, was gefunden wurde, die Eingabetaste macht es zur Vorlage neuer Takes, und es lässt sich in eine DAW ziehen.</translation>
    </message>
</context>
<context>
    <name>LibraryShelf</name>
    <message>
        <location filename="../views/library_shelf.py" line="45"/>
        <source>Indexed folders</source>
        <translation>Indizierte Ordner</translation>
    </message>
    <message>
        <location filename="../views/library_shelf.py" line="47"/>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <location filename="../views/library_shelf.py" line="47"/>
        <source>Sounds</source>
        <translation>Klänge</translation>
    </message>
    <message>
        <location filename="../views/library_shelf.py" line="47"/>
        <source>Length</source>
        <translation>Länge</translation>
    </message>
    <message>
        <location filename="../views/library_shelf.py" line="47"/>
        <source>Left out</source>
        <translation>Ausgelassen</translation>
    </message>
    <message>
        <location filename="../views/library_shelf.py" line="47"/>
        <source>Indexed</source>
        <translation>Indiziert</translation>
    </message>
    <message>
        <location filename="../views/library_shelf.py" line="60"/>
        <source>Add a folder…</source>
        <translation>Ordner hinzufügen…</translation>
    </message>
    <message>
        <location filename="../views/library_shelf.py" line="60"/>
        <location filename="../views/library_shelf.py" line="95"/>
        <source>Index a folder of sounds</source>
        <translation>Einen Ordner mit Klängen indizieren</translation>
    </message>
    <message>
        <location filename="../views/library_shelf.py" line="62"/>
        <source>Index again</source>
        <translation>Neu indizieren</translation>
    </message>
    <message>
        <location filename="../views/library_shelf.py" line="62"/>
        <source>Take in what is new in this folder</source>
        <translation>Aufnehmen, was in diesem Ordner neu ist</translation>
    </message>
    <message>
        <location filename="../views/library_shelf.py" line="65"/>
        <source>Index all</source>
        <translation>Alle indizieren</translation>
    </message>
    <message>
        <location filename="../views/library_shelf.py" line="65"/>
        <source>Take in what is new in all folders</source>
        <translation>Aufnehmen, was in allen Ordnern neu ist</translation>
    </message>
    <message>
        <location filename="../views/library_shelf.py" line="69"/>
        <source>Forget…</source>
        <translation>Vergessen…</translation>
    </message>
    <message>
        <location filename="../views/library_shelf.py" line="69"/>
        <source>Take the folder out of the index; its files stay</source>
        <translation>Den Ordner aus dem Verzeichnis nehmen; seine Dateien bleiben</translation>
    </message>
    <message>
        <location filename="../views/library_shelf.py" line="74"/>
        <source>Left out, and &amp;why</source>
        <translation>Ausgelassen, und &amp;warum</translation>
    </message>
    <message>
        <location filename="../views/library_shelf.py" line="112"/>
        <source>Forget {0}? Its {1} sounds are not found any more until it is indexed anew.</source>
        <translation>{0} vergessen? Seine {1} Klänge werden nicht mehr gefunden, bis er neu indiziert wird.</translation>
    </message>
    <message>
        <location filename="../views/library_shelf.py" line="114"/>
        <source>Library</source>
        <translation>Bibliothek</translation>
    </message>
    <message>
        <location filename="../views/library_shelf.py" line="130"/>
        <source>{0:.1f} h</source>
        <translation>{0:.1f} h</translation>
    </message>
    <message>
        <location filename="../views/library_shelf.py" line="130"/>
        <source>{0:.1f} min</source>
        <translation>{0:.1f} min</translation>
    </message>
    <message>
        <location filename="../views/library_shelf.py" line="132"/>
        <source>not to its end</source>
        <translation>nicht zu Ende</translation>
    </message>
    <message>
        <location filename="../views/library_shelf.py" line="143"/>
        <source>and {0} more</source>
        <translation>und {0} weitere</translation>
    </message>
</context>
<context>
    <name>ModelsDialog</name>
    <message>
        <location filename="../views/models_dialog.py" line="27"/>
        <location filename="../views/models_dialog.py" line="121"/>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="41"/>
        <source>Installed models</source>
        <translation>Installierte Modelle</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="43"/>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="43"/>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="43"/>
        <source>Licence</source>
        <translation>Lizenz</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="43"/>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="55"/>
        <source>Verify</source>
        <translation>Prüfen</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="55"/>
        <source>Check the model&apos;s files</source>
        <translation>Die Dateien des Modells prüfen</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="56"/>
        <source>Repair</source>
        <translation>Reparieren</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="56"/>
        <source>Make damaged files again</source>
        <translation>Beschädigte Dateien neu herstellen</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="57"/>
        <source>Remove…</source>
        <translation>Entfernen…</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="57"/>
        <source>Delete the model</source>
        <translation>Das Modell löschen</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="58"/>
        <source>owner/name on the model hub, or a folder</source>
        <translation>Besitzer/Name im Modell-Hub oder ein Ordner</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="59"/>
        <source>Model to install</source>
        <translation>Zu installierendes Modell</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="62"/>
        <source>Install</source>
        <translation>Installieren</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="62"/>
        <source>Get this checkpoint and convert it</source>
        <translation>Diesen Checkpoint holen und umwandeln</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="64"/>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="64"/>
        <source>Stop what is under way</source>
        <translation>Anhalten, was gerade läuft</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="66"/>
        <source>Under way</source>
        <translation>Läuft</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="73"/>
        <source>&amp;Get</source>
        <translation>&amp;Holen</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="103"/>
        <source>Delete {0} and its {1:.0f} MB of files?</source>
        <translation>{0} und seine {1:.0f} MB Dateien löschen?</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="116"/>
        <source>{0}

It goes into every take&apos;s metadata. Do you accept it?</source>
        <translation>{0}

Sie wird in die Metadaten jedes Takes geschrieben. Nehmen Sie sie an?</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="140"/>
        <source>mixed precision</source>
        <translation>gemischte Genauigkeit</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="141"/>
        <source>ready, {0}</source>
        <translation>bereit, {0}</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="146"/>
        <source>{0:.0f} MB</source>
        <translation>{0:.0f} MB</translation>
    </message>
</context>
<context>
    <name>Panel</name>
    <message>
        <location filename="../models/plugin_ask.py" line="59"/>
        <source>The plugin does not learn what you type here: {0}</source>
        <translation>Was Sie hier schreiben, erfährt das Plugin nicht: {0}</translation>
    </message>
    <message>
        <location filename="../models/plugin_ask.py" line="67"/>
        <source>The preset has effects, which the plugin can&apos;t apply: get the region into the panel.</source>
        <translation>Das Preset hat Effekte, die das Plugin nicht anwenden kann: Holen Sie den Bereich in das Panel.</translation>
    </message>
    <message>
        <location filename="../views/waveform/marks.py" line="58"/>
        <source>{0} Hz</source>
        <translation>{0} Hz</translation>
    </message>
    <message>
        <location filename="../models/ask.py" line="159"/>
        <source>Type what it should sound like.</source>
        <translation>Schreiben Sie, wie es klingen soll.</translation>
    </message>
    <message>
        <location filename="../models/ask.py" line="163"/>
        <source>The region lasts {0:.2f} s; choose one of {1}.</source>
        <translation>Der Bereich dauert {0:.2f} s; wählen Sie einen von {1}.</translation>
    </message>
    <message>
        <location filename="../models/take_history.py" line="133"/>
        <source>{0} ({1} of {2})</source>
        <translation>{0} ({1} von {2})</translation>
    </message>
    <message>
        <location filename="../models/take_history.py" line="147"/>
        <source>Without its effects: {0}</source>
        <translation>Ohne seine Effekte: {0}</translation>
    </message>
    <message>
        <location filename="../models/take_history.py" line="198"/>
        <source>What is kept stays; press K on it first.</source>
        <translation>Behaltenes bleibt; drücken Sie erst K darauf.</translation>
    </message>
    <message>
        <location filename="../models/panel.py" line="305"/>
        <source>Takes will stay without the preset&apos;s effects: {0}</source>
        <translation>Takes bleiben ohne die Effekte des Presets: {0}</translation>
    </message>
    <message>
        <location filename="../models/take_history.py" line="214"/>
        <source>{0} takes are in {1}.</source>
        <translation>{0} Takes liegen in {1}.</translation>
    </message>
    <message>
        <location filename="../models/shelf.py" line="125"/>
        <source>Done.</source>
        <translation>Fertig.</translation>
    </message>
    <message>
        <location filename="../models/shelf.py" line="151"/>
        <source>{0}: licence {1} ({2}).</source>
        <translation>{0}: Lizenz {1} ({2}).</translation>
    </message>
    <message>
        <location filename="../models/shelf.py" line="162"/>
        <source>{0:.0f} of {1:.0f} MB</source>
        <translation>{0:.0f} von {1:.0f} MB</translation>
    </message>
    <message>
        <location filename="../models/shelf.py" line="171"/>
        <source>downloading</source>
        <translation>wird geladen</translation>
    </message>
    <message>
        <location filename="../models/shelf.py" line="173"/>
        <source>calibrating</source>
        <translation>wird kalibriert</translation>
    </message>
    <message>
        <location filename="../models/shelf.py" line="174"/>
        <source>converting</source>
        <translation>wird umgewandelt</translation>
    </message>
    <message>
        <location filename="../models/shelf.py" line="175"/>
        <source>comparing it with the original</source>
        <translation>wird mit dem Original verglichen</translation>
    </message>
    <message>
        <location filename="../models/shelf.py" line="176"/>
        <source>finishing</source>
        <translation>wird abgeschlossen</translation>
    </message>
    <message>
        <location filename="../models/daws.py" line="70"/>
        <source>Getting the selection from {0}…</source>
        <translation>Auswahl wird aus {0} geholt …</translation>
    </message>
    <message>
        <location filename="../models/daws.py" line="75"/>
        <source>Choose takes that are done first.</source>
        <translation>Erst Takes wählen, die fertig sind.</translation>
    </message>
    <message>
        <location filename="../models/daws.py" line="78"/>
        <source>Putting takes into {0}…</source>
        <translation>Takes kommen nach {0} …</translation>
    </message>
    <message>
        <location filename="../models/daws.py" line="91"/>
        <source>The DAW is still busy with what it was asked before.</source>
        <translation>Die DAW ist noch mit dem Vorigen beschäftigt.</translation>
    </message>
    <message>
        <location filename="../models/daws.py" line="111"/>
        <source>The selection of {0} is here.</source>
        <translation>Die Auswahl aus {0} ist da.</translation>
    </message>
    <message>
        <location filename="../models/daws.py" line="114"/>
        <source>{0} takes are in place in {1}.</source>
        <translation>{0} Takes sind an ihrem Platz in {1}.</translation>
    </message>
    <message>
        <location filename="../models/daws.py" line="117"/>
        <source>The DAW could not be asked.</source>
        <translation>Die DAW konnte nicht gefragt werden.</translation>
    </message>
    <message>
        <location filename="../models/command_process.py" line="80"/>
        <source>Python can&apos;t be started; install Punch-In again.</source>
        <translation>Python startet nicht; installieren Sie Punch-In neu.</translation>
    </message>
    <message>
        <location filename="../models/take_list.py" line="204"/>
        <source>{0:.2f} seconds</source>
        <translation>{0:.2f} Sekunden</translation>
    </message>
    <message>
        <location filename="../models/take_filter.py" line="99"/>
        <source>{0} of {1} takes</source>
        <translation>{0} von {1} Takes</translation>
    </message>
    <message>
        <location filename="../models/take_filter.py" line="101"/>
        <source>{0} and more of {1} takes</source>
        <translation>{0} und mehr von {1} Takes</translation>
    </message>
    <message>
        <location filename="../models/take_filter.py" line="133"/>
        <location filename="../models/take_list.py" line="208"/>
        <source>kept</source>
        <translation>behalten</translation>
    </message>
    <message>
        <location filename="../models/take_filter.py" line="134"/>
        <source>with a star</source>
        <translation>mit Stern</translation>
    </message>
    <message>
        <location filename="../models/take_filter.py" line="135"/>
        <source>by {0}</source>
        <translation>von {0}</translation>
    </message>
    <message>
        <location filename="../models/take_filter.py" line="137"/>
        <source>with “{0}”</source>
        <translation>mit „{0}“</translation>
    </message>
    <message>
        <location filename="../models/take_filter.py" line="145"/>
        <source>any time</source>
        <translation>jederzeit</translation>
    </message>
    <message>
        <location filename="../models/take_filter.py" line="146"/>
        <source>today</source>
        <translation>heute</translation>
    </message>
    <message>
        <location filename="../models/take_filter.py" line="147"/>
        <source>yesterday</source>
        <translation>gestern</translation>
    </message>
    <message>
        <location filename="../models/take_filter.py" line="148"/>
        <source>last 7 days</source>
        <translation>letzte 7 Tage</translation>
    </message>
    <message>
        <location filename="../models/take_filter.py" line="149"/>
        <source>last 30 days</source>
        <translation>letzte 30 Tage</translation>
    </message>
    <message>
        <location filename="../models/take_filter.py" line="150"/>
        <source>earlier</source>
        <translation>früher</translation>
    </message>
    <message>
        <location filename="../models/take_list.py" line="206"/>
        <source>live draft</source>
        <translation>Live-Entwurf</translation>
    </message>
    <message>
        <location filename="../models/take_list.py" line="210"/>
        <source>{0} stars</source>
        <translation>{0} Sterne</translation>
    </message>
    <message>
        <location filename="../models/take_list.py" line="218"/>
        <source>queued behind {0}</source>
        <translation>wartet hinter {0}</translation>
    </message>
    <message>
        <location filename="../models/take_list.py" line="220"/>
        <source>queued</source>
        <translation>wartet</translation>
    </message>
    <message>
        <location filename="../models/shelf.py" line="164"/>
        <location filename="../models/take_list.py" line="236"/>
        <source>{0} %</source>
        <translation>{0} %</translation>
    </message>
    <message>
        <location filename="../models/take_list.py" line="224"/>
        <source>failed: {0}</source>
        <translation>gescheitert: {0}</translation>
    </message>
    <message>
        <location filename="../models/take_list.py" line="226"/>
        <source>cancelled</source>
        <translation>abgebrochen</translation>
    </message>
    <message>
        <location filename="../models/take_list.py" line="228"/>
        <source>effects: {0}</source>
        <translation>Effekte: {0}</translation>
    </message>
    <message>
        <location filename="../models/take_list.py" line="230"/>
        <source>effects…</source>
        <translation>Effekte…</translation>
    </message>
    <message>
        <location filename="../models/take_list.py" line="232"/>
        <source>its file is gone</source>
        <translation>die Datei fehlt</translation>
    </message>
    <message>
        <location filename="../models/take_list.py" line="243"/>
        <source>loading the model</source>
        <translation>Modell wird geladen</translation>
    </message>
    <message>
        <location filename="../models/shelf.py" line="172"/>
        <location filename="../models/take_list.py" line="244"/>
        <source>reading</source>
        <translation>liest</translation>
    </message>
    <message>
        <location filename="../models/take_list.py" line="245"/>
        <source>rendering</source>
        <translation>rechnet</translation>
    </message>
    <message>
        <location filename="../models/take_list.py" line="246"/>
        <source>decoding</source>
        <translation>dekodiert</translation>
    </message>
    <message>
        <location filename="../models/take_list.py" line="247"/>
        <source>ranking</source>
        <translation>ordnet</translation>
    </message>
    <message>
        <location filename="../models/take_list.py" line="248"/>
        <source>writing</source>
        <translation>schreibt</translation>
    </message>
    <message>
        <location filename="../models/error_words.py" line="18"/>
        <source>Panel and engine don&apos;t understand each other.</source>
        <translation>Panel und Engine verstehen einander nicht.</translation>
    </message>
    <message>
        <location filename="../models/error_words.py" line="19"/>
        <source>Something in it can&apos;t be used.</source>
        <translation>Eine Angabe ist nicht brauchbar.</translation>
    </message>
    <message>
        <location filename="../models/error_words.py" line="20"/>
        <source>The region can&apos;t be used.</source>
        <translation>Der Bereich ist nicht brauchbar.</translation>
    </message>
    <message>
        <location filename="../models/error_words.py" line="21"/>
        <source>The sound can&apos;t be used.</source>
        <translation>Der Klang ist nicht brauchbar.</translation>
    </message>
    <message>
        <location filename="../models/error_words.py" line="22"/>
        <source>Something is not there.</source>
        <translation>Etwas fehlt.</translation>
    </message>
    <message>
        <location filename="../models/error_words.py" line="23"/>
        <source>That is not allowed.</source>
        <translation>Das ist nicht erlaubt.</translation>
    </message>
    <message>
        <location filename="../models/error_words.py" line="24"/>
        <source>The name is taken.</source>
        <translation>Der Name ist schon vergeben.</translation>
    </message>
    <message>
        <location filename="../models/error_words.py" line="25"/>
        <source>A file can&apos;t be written.</source>
        <translation>Eine Datei lässt sich nicht schreiben.</translation>
    </message>
    <message>
        <location filename="../models/error_words.py" line="26"/>
        <source>The files of a model are damaged.</source>
        <translation>Die Dateien eines Modells sind beschädigt.</translation>
    </message>
    <message>
        <location filename="../models/error_words.py" line="27"/>
        <source>A device can&apos;t be used.</source>
        <translation>Ein Gerät ist nicht brauchbar.</translation>
    </message>
    <message>
        <location filename="../models/error_words.py" line="28"/>
        <source>That is too much.</source>
        <translation>Das ist zu viel.</translation>
    </message>
    <message>
        <location filename="../models/error_words.py" line="29"/>
        <source>Another program is in the engine&apos;s place.</source>
        <translation>Ein anderes Programm belegt den Platz der Engine.</translation>
    </message>
    <message>
        <location filename="../models/error_words.py" line="30"/>
        <source>The process of the model has ended.</source>
        <translation>Der Prozess des Modells ist abgebrochen.</translation>
    </message>
    <message>
        <location filename="../models/error_words.py" line="31"/>
        <source>An effect can&apos;t be used.</source>
        <translation>Ein Effekt ist nicht brauchbar.</translation>
    </message>
    <message>
        <location filename="../models/error_words.py" line="32"/>
        <source>The engine can&apos;t be reached.</source>
        <translation>Die Engine ist nicht erreichbar.</translation>
    </message>
    <message>
        <location filename="../models/error_words.py" line="33"/>
        <source>A defect of Punch-In.</source>
        <translation>Ein Fehler in Punch-In selbst.</translation>
    </message>
    <message>
        <location filename="../models/error_words.py" line="54"/>
        <source>There is no engine; the panel starts it again by itself.</source>
        <translation>Die Engine ist nicht da; das Panel startet sie von selbst neu.</translation>
    </message>
    <message>
        <location filename="../models/error_words.py" line="55"/>
        <source>The model&apos;s process ended; generate again.</source>
        <translation>Der Prozess des Modells hat geendet; erzeugen Sie noch einmal.</translation>
    </message>
    <message>
        <location filename="../models/error_words.py" line="56"/>
        <source>The take can&apos;t be written; free some space.</source>
        <translation>Der Take kann nicht geschrieben werden; schaffen Sie Platz.</translation>
    </message>
    <message>
        <location filename="../models/error_words.py" line="57"/>
        <source>This recording can&apos;t be used.</source>
        <translation>Diese Aufnahme ist nicht brauchbar.</translation>
    </message>
    <message>
        <location filename="../models/error_words.py" line="58"/>
        <source>This region can&apos;t be used.</source>
        <translation>Dieser Bereich ist nicht brauchbar.</translation>
    </message>
    <message>
        <location filename="../models/error_words.py" line="59"/>
        <source>The engine may not read this folder; move the file into your home folder.</source>
        <translation>Die Engine darf diesen Ordner nicht lesen; legen Sie die Datei in Ihren Benutzerordner.</translation>
    </message>
    <message>
        <location filename="../models/error_words.py" line="62"/>
        <source>The model&apos;s files are damaged; repair it under Models.</source>
        <translation>Die Dateien des Modells sind beschädigt; reparieren Sie es unter Modelle.</translation>
    </message>
    <message>
        <location filename="../models/error_words.py" line="63"/>
        <source>The chosen device can&apos;t be used.</source>
        <translation>Das gewählte Gerät ist nicht nutzbar.</translation>
    </message>
    <message>
        <location filename="../models/words.py" line="19"/>
        <source>{0} s left</source>
        <translation>noch {0} s</translation>
    </message>
    <message>
        <location filename="../models/words.py" line="20"/>
        <source>{0}:{1:02} min left</source>
        <translation>noch {0}:{1:02} min</translation>
    </message>
    <message>
        <location filename="../models/effects.py" line="112"/>
        <source>The process of the effects ended.</source>
        <translation>Der Prozess der Effekte wurde beendet.</translation>
    </message>
    <message>
        <location filename="../models/preset_ask.py" line="74"/>
        <source>{0} channels</source>
        <translation>{0} Kanäle</translation>
    </message>
    <message>
        <location filename="../models/preset_ask.py" line="76"/>
        <source>effects {0}</source>
        <translation>Effekte {0}</translation>
    </message>
    <message>
        <location filename="../models/preset_ask.py" line="83"/>
        <source>{0} x {1}</source>
        <translation>{0} x {1}</translation>
    </message>
    <message>
        <location filename="../models/preset_ask.py" line="129"/>
        <source>{0} works on a recording: open one, or a new sound is made.</source>
        <translation>{0} bearbeitet eine Aufnahme: Öffnen Sie eine, sonst entsteht ein neuer Klang.</translation>
    </message>
    <message>
        <location filename="../models/preset_shelf.py" line="86"/>
        <source>{0} comes with Punch-In; yours would take its place.</source>
        <translation>{0} gehört zu Punch-In; Ihres träte an seine Stelle.</translation>
    </message>
    <message>
        <location filename="../models/preset_shelf.py" line="92"/>
        <source>You have a preset {0}.</source>
        <translation>Sie haben schon ein Preset {0}.</translation>
    </message>
    <message>
        <location filename="../models/preset_shelf.py" line="119"/>
        <source>{0} is a copy of {1}.</source>
        <translation>{0} ist eine Kopie von {1}.</translation>
    </message>
    <message>
        <location filename="../models/preset_shelf.py" line="165"/>
        <source>My presets</source>
        <translation>Meine Presets</translation>
    </message>
    <message>
        <location filename="../models/preset_shelf.py" line="166"/>
        <source>Ambience</source>
        <translation>Atmosphären</translation>
    </message>
    <message>
        <location filename="../models/preset_shelf.py" line="167"/>
        <source>Creatures</source>
        <translation>Kreaturen</translation>
    </message>
    <message>
        <location filename="../models/preset_shelf.py" line="168"/>
        <source>Film foley</source>
        <translation>Film-Foley</translation>
    </message>
    <message>
        <location filename="../models/preset_shelf.py" line="169"/>
        <source>Game impacts</source>
        <translation>Einschläge für Spiele</translation>
    </message>
    <message>
        <location filename="../models/preset_shelf.py" line="170"/>
        <source>Machines</source>
        <translation>Maschinen</translation>
    </message>
    <message>
        <location filename="../models/preset_shelf.py" line="171"/>
        <source>Restyles</source>
        <translation>Umformungen</translation>
    </message>
    <message>
        <location filename="../models/preset_shelf.py" line="172"/>
        <source>UI</source>
        <translation>Bedienung</translation>
    </message>
    <message>
        <location filename="../models/preset_shelf.py" line="173"/>
        <source>Weather</source>
        <translation>Wetter</translation>
    </message>
    <message>
        <location filename="../models/preset_shelf.py" line="190"/>
        <location filename="../models/preset_shelf.py" line="212"/>
        <source>The preset {0} is saved.</source>
        <translation>Das Preset {0} ist gesichert.</translation>
    </message>
    <message>
        <location filename="../models/preset_shelf.py" line="192"/>
        <location filename="../models/preset_shelf.py" line="230"/>
        <source>A damaged file of its name is now {0}.</source>
        <translation>Eine beschädigte Datei seines Namens heißt jetzt {0}.</translation>
    </message>
    <message>
        <location filename="../models/preset_shelf.py" line="200"/>
        <source>The preset {0} is deleted.</source>
        <translation>Das Preset {0} ist gelöscht.</translation>
    </message>
    <message>
        <location filename="../models/preset_shelf.py" line="206"/>
        <source>Another program has changed {0} meanwhile: close, and edit it again.</source>
        <translation>Ein anderes Programm hat {0} inzwischen geändert: Schließen Sie, und bearbeiten Sie es noch einmal.</translation>
    </message>
    <message>
        <location filename="../models/preset_shelf.py" line="228"/>
        <source>Imported: {0}.</source>
        <translation>Eingelesen: {0}.</translation>
    </message>
    <message>
        <location filename="../models/preset_shelf.py" line="248"/>
        <source>{0} presets go into a pack: name a file that ends in {1}.</source>
        <translation>{0} Presets gehören in ein Paket: Nennen Sie eine Datei, die auf {1} endet.</translation>
    </message>
    <message>
        <location filename="../models/preset_shelf.py" line="250"/>
        <source>Exported: {0}.</source>
        <translation>Ausgegeben: {0}.</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="12"/>
        <source>prompts along the region</source>
        <translation>Prompts entlang des Bereichs</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="13"/>
        <source>fade between prompts, s</source>
        <translation>Übergang zwischen Prompts, s</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="14"/>
        <source>bars</source>
        <translation>Takte</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="15"/>
        <source>beats per bar</source>
        <translation>Schläge pro Takt</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="16"/>
        <source>candidates per take</source>
        <translation>Kandidaten pro Take</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="17"/>
        <source>channels</source>
        <translation>Kanäle</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="18"/>
        <source>context, s</source>
        <translation>Kontext, s</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="19"/>
        <source>context after, s</source>
        <translation>Kontext danach, s</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="20"/>
        <source>context before, s</source>
        <translation>Kontext davor, s</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="21"/>
        <source>seam, s</source>
        <translation>Naht, s</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="22"/>
        <source>strength curve</source>
        <translation>Stärkekurve</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="23"/>
        <source>low-pass, Hz</source>
        <translation>Tiefpass, Hz</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="24"/>
        <source>high-pass, Hz</source>
        <translation>Hochpass, Hz</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="25"/>
        <source>fresh noise per step</source>
        <translation>frisches Rauschen pro Schritt</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="26"/>
        <source>fade-in, s</source>
        <translation>Einblenden, s</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="27"/>
        <source>fade-out, s</source>
        <translation>Ausblenden, s</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="28"/>
        <source>seam at the start, s</source>
        <translation>Naht am Anfang, s</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="29"/>
        <source>seam at the end, s</source>
        <translation>Naht am Ende, s</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="30"/>
        <source>guidance rests above noise share</source>
        <translation>Führung ruht über Rauschanteil</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="31"/>
        <source>guidance rests below noise share</source>
        <translation>Führung ruht unter Rauschanteil</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="32"/>
        <source>follow the guide&apos;s loudness</source>
        <translation>der Lautheit der Vorlage folgen</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="33"/>
        <source>follow the guide&apos;s onsets</source>
        <translation>den Einsätzen der Vorlage folgen</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="34"/>
        <source>band up to, Hz</source>
        <translation>Band bis, Hz</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="35"/>
        <source>highs</source>
        <translation>Höhen</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="36"/>
        <source>loop</source>
        <translation>Loop</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="37"/>
        <source>match loudness</source>
        <translation>Lautheit angleichen</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="38"/>
        <source>band from, Hz</source>
        <translation>Band ab, Hz</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="39"/>
        <source>loudness, LUFS</source>
        <translation>Lautheit, LUFS</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="40"/>
        <source>method</source>
        <translation>Verfahren</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="41"/>
        <source>keep noise floor</source>
        <translation>Grundrauschen behalten</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="42"/>
        <source>round-robin set</source>
        <translation>Round-Robin-Satz</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="43"/>
        <source>quality</source>
        <translation>Qualität</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="44"/>
        <source>rank takes</source>
        <translation>Takes ordnen</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="45"/>
        <source>tries after a bad take</source>
        <translation>Versuche nach misslungenem Take</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="46"/>
        <source>sampler</source>
        <translation>Sampler</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="47"/>
        <source>length, s</source>
        <translation>Länge, s</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="48"/>
        <source>sounds for, s</source>
        <translation>klingt so lange, s</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="49"/>
        <source>what the region sounds like now</source>
        <translation>wie der Bereich jetzt klingt</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="50"/>
        <source>stereo</source>
        <translation>Stereo</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="51"/>
        <source>tempo, BPM</source>
        <translation>Tempo, BPM</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="52"/>
        <source>tilt</source>
        <translation>Neigung</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="53"/>
        <source>vary towards seed</source>
        <translation>Variation in Richtung Seed</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="54"/>
        <source>true peak, dBTP</source>
        <translation>True Peak, dBTP</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="55"/>
        <source>variation</source>
        <translation>Variation</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="56"/>
        <source>stereo width</source>
        <translation>Stereobreite</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="57"/>
        <source>joining of long regions</source>
        <translation>Fügung langer Bereiche</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="64"/>
        <source>keep the recording&apos;s</source>
        <translation>von der Aufnahme</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="65"/>
        <source>wide</source>
        <translation>breit</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="66"/>
        <source>mono</source>
        <translation>mono</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="67"/>
        <source>each channel its own</source>
        <translation>jeder Kanal für sich</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="68"/>
        <source>automatic</source>
        <translation>automatisch</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="69"/>
        <source>make from below</source>
        <translation>aus den Tiefen bilden</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="70"/>
        <source>off</source>
        <translation>aus</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="71"/>
        <source>plain noise</source>
        <translation>einfaches Rauschen</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="72"/>
        <source>DDIM</source>
        <translation>DDIM</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="73"/>
        <source>DDPM</source>
        <translation>DDPM</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="74"/>
        <source>DPM-Solver++</source>
        <translation>DPM-Solver++</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="75"/>
        <source>one after the other</source>
        <translation>nacheinander</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="76"/>
        <source>averaged</source>
        <translation>gemittelt</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="77"/>
        <source>taking turns</source>
        <translation>abwechselnd</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="78"/>
        <source>moving borders</source>
        <translation>wandernde Grenzen</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="91"/>
        <source>yes</source>
        <translation>ja</translation>
    </message>
    <message>
        <location filename="../models/setting_words.py" line="91"/>
        <source>no</source>
        <translation>nein</translation>
    </message>
    <message>
        <location filename="../models/found_list.py" line="70"/>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <location filename="../models/found_list.py" line="71"/>
        <source>Length</source>
        <translation>Länge</translation>
    </message>
    <message>
        <location filename="../models/found_list.py" line="72"/>
        <source>Near</source>
        <translation>Nähe</translation>
    </message>
    <message>
        <location filename="../models/found_list.py" line="73"/>
        <source>What it is</source>
        <translation>Was es ist</translation>
    </message>
    <message>
        <location filename="../models/found_list.py" line="74"/>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <location filename="../models/found_list.py" line="94"/>
        <source>gone</source>
        <translation>fort</translation>
    </message>
    <message>
        <location filename="../models/found_list.py" line="125"/>
        <source>{0:.2f} s</source>
        <translation>{0:.2f} s</translation>
    </message>
    <message>
        <location filename="../models/found_list.py" line="144"/>
        <source>by its sound</source>
        <translation>nach dem Klang</translation>
    </message>
    <message>
        <location filename="../models/found_list.py" line="145"/>
        <source>by its name</source>
        <translation>nach dem Namen</translation>
    </message>
    <message>
        <location filename="../models/found_list.py" line="146"/>
        <source>by its sound and its name</source>
        <translation>nach Klang und Namen</translation>
    </message>
    <message>
        <location filename="../models/found_list.py" line="148"/>
        <source>found {0}; {1:.1f} standard deviations nearer than your average sound</source>
        <translation>gefunden {0}; {1:.1f} Standardabweichungen näher als Ihr mittlerer Klang</translation>
    </message>
    <message>
        <location filename="../models/found_list.py" line="154"/>
        <source>{0} copies elsewhere</source>
        <translation>{0} Kopien anderswo</translation>
    </message>
    <message>
        <location filename="../models/library.py" line="80"/>
        <source>{0} has gone; index its folder again, so that it is found where it is.</source>
        <translation>{0} ist fort; indizieren Sie den Ordner neu, damit der Klang gefunden wird, wo er ist.</translation>
    </message>
    <message>
        <location filename="../models/library_folders.py" line="77"/>
        <source>{0} is forgotten; its files are where they were.</source>
        <translation>{0} ist vergessen; die Dateien sind, wo sie waren.</translation>
    </message>
    <message>
        <location filename="../models/library_folders.py" line="116"/>
        <source>{0} is looked through.</source>
        <translation>{0} wird durchgesehen.</translation>
    </message>
    <message>
        <location filename="../models/library_folders.py" line="140"/>
        <source>Stopped. What was heard is kept; indexing again goes on there.</source>
        <translation>Angehalten. Was gehört wurde, bleibt; neues Indizieren macht dort weiter.</translation>
    </message>
    <message>
        <location filename="../models/library_folders.py" line="143"/>
        <source>The engine that runs may not read {0}.</source>
        <translation>Die laufende Engine darf {0} nicht lesen.</translation>
    </message>
    <message>
        <location filename="../models/library_folders.py" line="147"/>
        <source>Indexing {0} broke off; index it again.</source>
        <translation>Das Indizieren von {0} brach ab; indizieren Sie ihn neu.</translation>
    </message>
    <message>
        <location filename="../models/library_folders.py" line="173"/>
        <source>{0} of {1} sounds heard</source>
        <translation>{0} von {1} Klängen gehört</translation>
    </message>
    <message>
        <location filename="../models/library_folders.py" line="176"/>
        <source>waits until the engine has time</source>
        <translation>wartet, bis die Engine Zeit hat</translation>
    </message>
    <message>
        <location filename="../models/library_folders.py" line="177"/>
        <source>the model is loaded</source>
        <translation>das Modell wird geladen</translation>
    </message>
    <message>
        <location filename="../models/library_folders.py" line="178"/>
        <source>looking for sounds</source>
        <translation>nach Klängen wird gesehen</translation>
    </message>
    <message>
        <location filename="../models/library_folders.py" line="179"/>
        <source>names are read</source>
        <translation>Namen werden gelesen</translation>
    </message>
    <message>
        <location filename="../models/library_folders.py" line="186"/>
        <source>{0}: {1} sounds can be found, {2} were heard now.</source>
        <translation>{0}: {1} Klänge sind zu finden, {2} wurden jetzt gehört.</translation>
    </message>
    <message>
        <location filename="../models/library_folders.py" line="189"/>
        <source>Left out: {0}; why is said under Folders.</source>
        <translation>Ausgelassen: {0}; warum, steht unter Ordner.</translation>
    </message>
    <message>
        <location filename="../models/library_search.py" line="89"/>
        <source>The shortest length is above the longest; no sound is both.</source>
        <translation>Die kürzeste Länge liegt über der längsten; kein Klang ist beides.</translation>
    </message>
    <message>
        <location filename="../models/library_search.py" line="93"/>
        <source>Looking…</source>
        <translation>Wird gesucht…</translation>
    </message>
    <message>
        <location filename="../models/library_search.py" line="111"/>
        <source>The search waits until the engine has time.</source>
        <translation>Die Suche wartet, bis die Engine Zeit hat.</translation>
    </message>
    <message>
        <location filename="../models/library_search.py" line="113"/>
        <source>The model is loaded first.</source>
        <translation>Zuerst wird das Modell geladen.</translation>
    </message>
    <message>
        <location filename="../models/library_search.py" line="124"/>
        <source>The search was stopped.</source>
        <translation>Die Suche wurde angehalten.</translation>
    </message>
    <message>
        <location filename="../models/library_search.py" line="129"/>
        <source>No sound of yours fits.</source>
        <translation>Keiner Ihrer Klänge passt.</translation>
    </message>
    <message>
        <location filename="../models/audition.py" line="204"/>
        <source>The chosen sound device is not there: the system&apos;s own plays.</source>
        <translation>Das gewählte Tongerät ist nicht da: Es spielt das des Systems.</translation>
    </message>
    <message>
        <location filename="../models/audition.py" line="208"/>
        <source>There is no sound device: it plays in silence. Connect one.</source>
        <translation>Es gibt kein Tongerät: Es wird stumm gespielt. Schließen Sie eines an.</translation>
    </message>
</context>
<context>
    <name>PresetEditor</name>
    <message>
        <location filename="../views/preset_editor.py" line="53"/>
        <source>Edit the preset {0}</source>
        <translation>Preset {0} bearbeiten</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="66"/>
        <source>feet, wet, scene 14</source>
        <translation>Schritte, nass, Szene 14</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="68"/>
        <source>from the prompt</source>
        <translation>aus dem Prompt</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="70"/>
        <source>{boots|heels} on {surface}</source>
        <translation>{boots|heels} auf {surface}</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="77"/>
        <source>as it is set</source>
        <translation>wie eingestellt</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="80"/>
        <source>Generate</source>
        <translation>Erzeugen</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="81"/>
        <source>Restyle</source>
        <translation>Umformen</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="82"/>
        <source>Fill</source>
        <translation>Füllen</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="87"/>
        <source>another each time</source>
        <translation>jedes Mal ein anderer</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="88"/>
        <source>always the same</source>
        <translation>immer derselbe</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="91"/>
        <source>Strength in percent</source>
        <translation>Stärke in Prozent</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="93"/>
        <source>Takes</source>
        <translation>Takes</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="94"/>
        <source>Steps</source>
        <translation>Schritte</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="95"/>
        <source>Guidance</source>
        <translation>Führung</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="103"/>
        <source>surface = gravel</source>
        <translation>surface = gravel</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="104"/>
        <source>seconds = 3.0</source>
        <translation>seconds = 3.0</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="112"/>
        <source>Add a setting</source>
        <translation>Einstellung dazu</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="112"/>
        <source>Add a further setting of a request</source>
        <translation>Eine weitere Einstellung hinzufügen</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="115"/>
        <source>Add an effect</source>
        <translation>Effekt dazu</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="115"/>
        <source>Add an effect to the end of the chain</source>
        <translation>Einen Effekt ans Ende der Kette setzen</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="129"/>
        <source>&amp;Name</source>
        <translation>&amp;Name</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="129"/>
        <source>&amp;Tags</source>
        <translation>&amp;Tags</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="130"/>
        <source>&amp;UCS category</source>
        <translation>&amp;UCS-Kategorie</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="130"/>
        <source>&amp;Prompt</source>
        <translation>&amp;Prompt</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="131"/>
        <source>S&amp;lots</source>
        <translation>P&amp;lätze</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="131"/>
        <source>N&amp;ot</source>
        <translation>Nic&amp;ht</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="132"/>
        <source>&amp;Mode</source>
        <translation>&amp;Modus</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="132"/>
        <source>St&amp;rength</source>
        <translation>Stä&amp;rke</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="133"/>
        <source>Not&amp;es</source>
        <translation>N&amp;otizen</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="135"/>
        <source>&amp;1 Sound</source>
        <translation>&amp;1 Klang</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="145"/>
        <source>&amp;Takes</source>
        <translation>&amp;Takes</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="145"/>
        <source>&amp;Steps</source>
        <translation>Sch&amp;ritte</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="146"/>
        <source>&amp;Guidance</source>
        <translation>&amp;Führung</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="146"/>
        <source>S&amp;eed</source>
        <translation>S&amp;eed</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="147"/>
        <source>Its &amp;number</source>
        <translation>Sein &amp;Wert</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="147"/>
        <source>&amp;Model</source>
        <translation>&amp;Modell</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="148"/>
        <source>Sett&amp;ings</source>
        <translation>E&amp;instellungen</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="148"/>
        <source>E&amp;ffects</source>
        <translation>Effe&amp;kte</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="158"/>
        <source>&amp;2 Making</source>
        <translation>&amp;2 Herstellung</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="241"/>
        <source>{0} {1:g} to {2:g}</source>
        <translation>{0} {1:g} bis {2:g}</translation>
    </message>
    <message>
        <location filename="../views/preset_editor.py" line="261"/>
        <source>A plugin (VST3)</source>
        <translation>Ein Plug-in (VST3)</translation>
    </message>
</context>
<context>
    <name>PresetPicker</name>
    <message>
        <location filename="../views/preset_picker.py" line="44"/>
        <location filename="../views/preset_picker.py" line="71"/>
        <location filename="../views/preset_picker.py" line="271"/>
        <source>Presets</source>
        <translation>Presets</translation>
    </message>
    <message>
        <location filename="../views/preset_picker.py" line="57"/>
        <source>Search presets</source>
        <translation>Presets suchen</translation>
    </message>
    <message>
        <location filename="../views/preset_picker.py" line="58"/>
        <source>Search presets by words of name, tags or prompt</source>
        <translation>Presets suchen nach Wörtern aus Name, Tags oder Prompt</translation>
    </message>
    <message>
        <location filename="../views/preset_picker.py" line="62"/>
        <source>Group</source>
        <translation>Gruppe</translation>
    </message>
    <message>
        <location filename="../views/preset_picker.py" line="63"/>
        <source>Tag</source>
        <translation>Tag</translation>
    </message>
    <message>
        <location filename="../views/preset_picker.py" line="84"/>
        <source>Use</source>
        <translation>Verwenden</translation>
    </message>
    <message>
        <location filename="../views/preset_picker.py" line="84"/>
        <source>Take the preset&apos;s settings (Enter)</source>
        <translation>Die Einstellungen des Presets übernehmen (Eingabe)</translation>
    </message>
    <message>
        <location filename="../views/preset_picker.py" line="86"/>
        <source>Import…</source>
        <translation>Einlesen…</translation>
    </message>
    <message>
        <location filename="../views/preset_picker.py" line="86"/>
        <source>Import presets from files and packs</source>
        <translation>Presets aus Dateien und Paketen einlesen</translation>
    </message>
    <message>
        <location filename="../views/preset_picker.py" line="89"/>
        <source>Export…</source>
        <translation>Ausgeben…</translation>
    </message>
    <message>
        <location filename="../views/preset_picker.py" line="89"/>
        <source>Export the chosen presets</source>
        <translation>Die gewählten Presets ausgeben</translation>
    </message>
    <message>
        <location filename="../views/preset_picker.py" line="93"/>
        <source>Duplicate</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <location filename="../views/preset_picker.py" line="93"/>
        <source>Copy the preset and edit the copy</source>
        <translation>Das Preset kopieren und die Kopie bearbeiten</translation>
    </message>
    <message>
        <location filename="../views/preset_picker.py" line="95"/>
        <source>Edit…</source>
        <translation>Bearbeiten…</translation>
    </message>
    <message>
        <location filename="../views/preset_picker.py" line="95"/>
        <source>Edit this preset of yours</source>
        <translation>Dieses eigene Preset bearbeiten</translation>
    </message>
    <message>
        <location filename="../views/preset_picker.py" line="97"/>
        <source>Delete…</source>
        <translation>Löschen…</translation>
    </message>
    <message>
        <location filename="../views/preset_picker.py" line="97"/>
        <source>Delete the chosen presets of yours</source>
        <translation>Die gewählten eigenen Presets löschen</translation>
    </message>
    <message>
        <location filename="../views/preset_picker.py" line="269"/>
        <source>Delete these {0} presets of yours?</source>
        <translation>Diese {0} eigenen Presets löschen?</translation>
    </message>
    <message>
        <location filename="../views/preset_picker.py" line="151"/>
        <source>{0} wants words here: fill this slot.</source>
        <translation>{0} braucht hier Wörter: Füllen Sie diesen Platz.</translation>
    </message>
    <message>
        <location filename="../views/preset_picker.py" line="187"/>
        <source>All groups</source>
        <translation>Alle Gruppen</translation>
    </message>
    <message>
        <location filename="../views/preset_picker.py" line="188"/>
        <source>All tags</source>
        <translation>Alle Tags</translation>
    </message>
    <message>
        <location filename="../views/preset_picker.py" line="233"/>
        <source>No preset has all of this.</source>
        <translation>Kein Preset hat all das.</translation>
    </message>
    <message>
        <location filename="../views/preset_picker.py" line="255"/>
        <source>words for {}</source>
        <translation>Wörter für {}</translation>
    </message>
    <message>
        <location filename="../views/preset_picker.py" line="257"/>
        <source>Slot: {0}</source>
        <translation>Platz: {0}</translation>
    </message>
    <message>
        <location filename="../views/preset_picker.py" line="267"/>
        <source>Delete your preset {0}?</source>
        <translation>Ihr Preset {0} löschen?</translation>
    </message>
</context>
<context>
    <name>PresetSaver</name>
    <message>
        <location filename="../views/preset_saver.py" line="29"/>
        <source>Save the settings as a preset</source>
        <translation>Die Einstellungen als Preset sichern</translation>
    </message>
    <message>
        <location filename="../views/preset_saver.py" line="29"/>
        <source>Save the take&apos;s preset</source>
        <translation>Den Take als Preset sichern</translation>
    </message>
    <message>
        <location filename="../views/preset_saver.py" line="34"/>
        <source>a name for the list</source>
        <translation>ein Name für die Liste</translation>
    </message>
    <message>
        <location filename="../views/preset_saver.py" line="35"/>
        <source>feet, wet, scene 14</source>
        <translation>Schritte, nass, Szene 14</translation>
    </message>
    <message>
        <location filename="../views/preset_saver.py" line="36"/>
        <source>Always with this &amp;seed</source>
        <translation>Immer mit diesem &amp;Seed</translation>
    </message>
    <message>
        <location filename="../views/preset_saver.py" line="50"/>
        <source>A preset has no mode Extend: this one will fill.</source>
        <translation>Ein Preset kennt kein Verlängern: Dieses wird füllen.</translation>
    </message>
    <message>
        <location filename="../views/preset_saver.py" line="54"/>
        <source>&amp;Name</source>
        <translation>&amp;Name</translation>
    </message>
    <message>
        <location filename="../views/preset_saver.py" line="55"/>
        <source>&amp;Tags</source>
        <translation>&amp;Tags</translation>
    </message>
    <message>
        <location filename="../views/preset_saver.py" line="78"/>
        <source>{0} Replace it?</source>
        <translation>{0} Ersetzen?</translation>
    </message>
</context>
<context>
    <name>PresetTravel</name>
    <message>
        <location filename="../views/preset_travel.py" line="27"/>
        <source>Presets and packs ({0})</source>
        <translation>Presets und Pakete ({0})</translation>
    </message>
    <message>
        <location filename="../views/preset_travel.py" line="28"/>
        <location filename="../views/preset_travel.py" line="48"/>
        <source>Import presets</source>
        <translation>Presets einlesen</translation>
    </message>
    <message>
        <location filename="../views/preset_travel.py" line="40"/>
        <source>Export presets</source>
        <translation>Presets ausgeben</translation>
    </message>
    <message>
        <location filename="../views/preset_travel.py" line="50"/>
        <source>&amp;Keep both</source>
        <translation>&amp;Beide behalten</translation>
    </message>
    <message>
        <location filename="../views/preset_travel.py" line="51"/>
        <source>&amp;Replace</source>
        <translation>&amp;Ersetzen</translation>
    </message>
</context>
<context>
    <name>PromptField</name>
    <message>
        <location filename="../views/ask_view.py" line="46"/>
        <source>such as: boots on wet gravel</source>
        <translation>etwa: boots on wet gravel</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="47"/>
        <source>Prompt: what it should sound like</source>
        <translation>Prompt: wie es klingen soll</translation>
    </message>
</context>
<context>
    <name>SourceView</name>
    <message>
        <location filename="../views/source_view.py" line="40"/>
        <source>Scroll along the recording</source>
        <translation>Durch die Aufnahme rollen</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="51"/>
        <source>How time is shown</source>
        <translation>Wie Zeit gezeigt wird</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="52"/>
        <source>How time is shown: seconds, or pictures per second</source>
        <translation>Wie Zeit gezeigt wird: Sekunden oder Bilder pro Sekunde</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="54"/>
        <source>seconds</source>
        <translation>Sekunden</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="54"/>
        <source>{0:g} fps</source>
        <translation>{0:g} B/s</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="60"/>
        <source>Select</source>
        <translation>Auswahl</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="61"/>
        <source>Select the region: drag, or Shift and the arrow keys</source>
        <translation>Bereich wählen: ziehen, oder Umschalt und Pfeiltasten</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="65"/>
        <source>Mask</source>
        <translation>Maske</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="66"/>
        <source>Mask what is to be filled: drag, or M over the selection</source>
        <translation>Maskieren, was gefüllt wird: ziehen, oder M auf der Auswahl</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="69"/>
        <source>Curve</source>
        <translation>Kurve</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="69"/>
        <source>Draw how much is made anew at which time</source>
        <translation>Zeichnen, wie viel wann neu gemacht wird</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="70"/>
        <source>Band</source>
        <translation>Band</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="70"/>
        <source>Choose frequencies to be made anew, in the spectrum</source>
        <translation>Im Spektrum wählen, welche Frequenzen neu gemacht werden</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="80"/>
        <source>Open…</source>
        <translation>Öffnen…</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="80"/>
        <location filename="../views/source_view.py" line="140"/>
        <source>Open a recording</source>
        <translation>Eine Aufnahme öffnen</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="81"/>
        <source>Close the recording</source>
        <translation>Die Aufnahme schließen</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="83"/>
        <source>Play the selection, or from the caret</source>
        <translation>Die Auswahl spielen, oder ab der Marke</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="86"/>
        <source>Spectrum</source>
        <translation>Spektrum</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="87"/>
        <source>Show frequencies instead of the waveform</source>
        <translation>Frequenzen statt der Wellenform zeigen</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="92"/>
        <source>All</source>
        <translation>Alles</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="92"/>
        <source>Show all of the recording</source>
        <translation>Die ganze Aufnahme zeigen</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="94"/>
        <source>Region</source>
        <translation>Bereich</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="94"/>
        <source>Show the selection</source>
        <translation>Die Auswahl zeigen</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="140"/>
        <source>Sounds ({0});;All files (*)</source>
        <translation>Klänge ({0});;Alle Dateien (*)</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="169"/>
        <source>New sound</source>
        <translation>Neuer Klang</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="192"/>
        <source>caret {0}</source>
        <translation>Marke {0}</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="195"/>
        <source>{0} to {1}, {2:.3f} s</source>
        <translation>{0} bis {1}, {2:.3f} s</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="197"/>
        <source>{0} masked</source>
        <translation>{0} maskiert</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="199"/>
        <source>strength curve</source>
        <translation>Stärkekurve</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="201"/>
        <source>{0:g} to {1:g} Hz</source>
        <translation>{0:g} bis {1:g} Hz</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="202"/>
        <source>{0:g} kHz, {1} ch</source>
        <translation>{0:g} kHz, {1} Kan.</translation>
    </message>
</context>
<context>
    <name>StatusLine</name>
    <message>
        <location filename="../views/status_line.py" line="24"/>
        <source>Try again</source>
        <translation>Noch einmal</translation>
    </message>
    <message>
        <location filename="../views/status_line.py" line="24"/>
        <source>Look for the engine now</source>
        <translation>Jetzt nach der Engine sehen</translation>
    </message>
    <message>
        <location filename="../views/status_line.py" line="51"/>
        <source>Engine: {0}</source>
        <translation>Engine: {0}</translation>
    </message>
    <message>
        <location filename="../views/status_line.py" line="57"/>
        <source>Starting the engine…</source>
        <translation>Die Engine startet…</translation>
    </message>
    <message>
        <location filename="../views/status_line.py" line="62"/>
        <source>Engine ready</source>
        <translation>Engine bereit</translation>
    </message>
    <message>
        <location filename="../views/status_line.py" line="64"/>
        <source>The model can&apos;t be started; look into Models, or run punchin doctor.</source>
        <translation>Das Modell startet nicht; sehen Sie unter Modelle nach, oder rufen Sie punchin doctor auf.</translation>
    </message>
    <message>
        <location filename="../views/status_line.py" line="68"/>
        <source>{0} running, {1} waiting</source>
        <translation>{0} laufen, {1} warten</translation>
    </message>
    <message>
        <location filename="../views/status_line.py" line="70"/>
        <source>idle</source>
        <translation>ruht</translation>
    </message>
    <message>
        <location filename="../views/status_line.py" line="72"/>
        <source>{0:.0f} MB</source>
        <translation>{0:.0f} MB</translation>
    </message>
    <message>
        <location filename="../views/status_line.py" line="73"/>
        <source>no model loaded yet</source>
        <translation>noch kein Modell geladen</translation>
    </message>
</context>
<context>
    <name>TakeDelegate</name>
    <message>
        <location filename="../views/take_delegate.py" line="112"/>
        <source>{0:.2f} s</source>
        <translation>{0:.2f} s</translation>
    </message>
    <message>
        <location filename="../views/take_delegate.py" line="114"/>
        <source>best</source>
        <translation>bester</translation>
    </message>
    <message>
        <location filename="../views/take_delegate.py" line="116"/>
        <source>no. {0}</source>
        <translation>Nr. {0}</translation>
    </message>
    <message>
        <location filename="../views/take_delegate.py" line="120"/>
        <source>live draft (K keeps it)</source>
        <translation>Live-Entwurf (K behält ihn)</translation>
    </message>
    <message>
        <location filename="../views/take_delegate.py" line="124"/>
        <source>marked (X compares)</source>
        <translation>markiert (X vergleicht)</translation>
    </message>
    <message>
        <location filename="../views/take_delegate.py" line="121"/>
        <source>kept</source>
        <translation>behalten</translation>
    </message>
    <message>
        <location filename="../views/take_delegate.py" line="122"/>
        <source>seed {0}</source>
        <translation>Seed {0}</translation>
    </message>
</context>
<context>
    <name>TakesList</name>
    <message>
        <location filename="../views/takes_list.py" line="27"/>
        <source>Takes</source>
        <translation>Takes</translation>
    </message>
</context>
<context>
    <name>TakesSearch</name>
    <message>
        <location filename="../views/takes_search.py" line="34"/>
        <source>Search takes (Ctrl+F)</source>
        <translation>Takes suchen (Strg+F)</translation>
    </message>
    <message>
        <location filename="../views/takes_search.py" line="35"/>
        <source>Search takes</source>
        <translation>Takes suchen</translation>
    </message>
    <message>
        <location filename="../views/takes_search.py" line="37"/>
        <source>Show only takes that are kept</source>
        <translation>Nur behaltene Takes zeigen</translation>
    </message>
    <message>
        <location filename="../views/takes_search.py" line="38"/>
        <source>Kept</source>
        <translation>Behalten</translation>
    </message>
    <message>
        <location filename="../views/takes_search.py" line="39"/>
        <source>Show only takes with a star</source>
        <translation>Nur Takes mit Stern zeigen</translation>
    </message>
    <message>
        <location filename="../views/takes_search.py" line="42"/>
        <source>Cancel all</source>
        <translation>Alle abbrechen</translation>
    </message>
    <message>
        <location filename="../views/takes_search.py" line="42"/>
        <source>Cancel everything that waits or renders</source>
        <translation>Alles abbrechen, was wartet oder rechnet</translation>
    </message>
    <message>
        <location filename="../views/takes_search.py" line="46"/>
        <source>Model that made the takes</source>
        <translation>Modell, das die Takes gemacht hat</translation>
    </message>
    <message>
        <location filename="../views/takes_search.py" line="48"/>
        <source>When the takes were made</source>
        <translation>Wann die Takes entstanden</translation>
    </message>
    <message>
        <location filename="../views/takes_search.py" line="49"/>
        <source>all models</source>
        <translation>alle Modelle</translation>
    </message>
    <message>
        <location filename="../views/takes_search.py" line="55"/>
        <source>Show all takes again</source>
        <translation>Wieder alle Takes zeigen</translation>
    </message>
</context>
<context>
    <name>TakesView</name>
    <message>
        <location filename="../views/takes_view.py" line="57"/>
        <source>Play the take alone, or stop (Space)</source>
        <translation>Den Take allein spielen, oder anhalten (Leertaste)</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="59"/>
        <source>In place</source>
        <translation>Im Umfeld</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="59"/>
        <source>Play the take in its place (Shift+Space)</source>
        <translation>Den Take an seiner Stelle spielen (Umschalt+Leertaste)</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="61"/>
        <source>Switch between take and original, equally loud (C)</source>
        <translation>Zwischen Take und Original wechseln, gleich laut (C)</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="63"/>
        <source>Keep</source>
        <translation>Behalten</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="63"/>
        <source>Keep: never prune it, or no longer (K)</source>
        <translation>Behalten: nie aufräumen, oder nicht mehr (K)</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="65"/>
        <source>Star, or no longer (S)</source>
        <translation>Stern, oder nicht mehr (S)</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="67"/>
        <source>Discard</source>
        <translation>Verwerfen</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="67"/>
        <source>Discard: file into the trash (Delete)</source>
        <translation>Verwerfen: Datei in den Papierkorb (Entf)</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="70"/>
        <source>Settings</source>
        <translation>Werte</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="70"/>
        <source>Copy the take&apos;s settings back</source>
        <translation>Die Werte des Takes zurückholen</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="72"/>
        <source>More…</source>
        <translation>Mehr…</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="72"/>
        <source>More to do with the take</source>
        <translation>Mehr mit dem Take tun</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="157"/>
        <source>Mark a take with M and choose another: X then switches between them.</source>
        <translation>Markieren Sie einen Take mit M und wählen Sie einen anderen: X schaltet dann zwischen beiden um.</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="174"/>
        <source>The draft is kept now: drag it once more.</source>
        <translation>Der Entwurf ist jetzt behalten: Ziehen Sie ihn noch einmal.</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="203"/>
        <source>Export takes into a folder</source>
        <translation>Takes in einen Ordner ausgeben</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="236"/>
        <source>Compare with the marked take	X</source>
        <translation>Mit dem markierten Take vergleichen	X</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="238"/>
        <source>Compare with it in place	Shift+X</source>
        <translation>An seinem Platz mit ihm vergleichen	Umschalt+X</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="242"/>
        <source>Vary this take</source>
        <translation>Diesen Take variieren</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="243"/>
        <source>Save as a preset…</source>
        <translation>Als Preset sichern…</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="244"/>
        <source>Open as the recording</source>
        <translation>Als Aufnahme öffnen</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="245"/>
        <source>Show the folder</source>
        <translation>Den Ordner zeigen</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="246"/>
        <source>Export…</source>
        <translation>Ausgeben…</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="247"/>
        <source>Cancel the job</source>
        <translation>Den Auftrag abbrechen</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="253"/>
        <source>Stars</source>
        <translation>Sterne</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="255"/>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="263"/>
        <source>No longer marked	M</source>
        <translation>Nicht mehr markiert	M</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="263"/>
        <source>Mark, to compare others with it	M</source>
        <translation>Markieren, um andere damit zu vergleichen	M</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="327"/>
        <source>A: take</source>
        <translation>A: Take</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="327"/>
        <source>B: this take</source>
        <translation>B: dieser Take</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="328"/>
        <source>B: original</source>
        <translation>B: Original</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="329"/>
        <source>A: marked take</source>
        <translation>A: markierter Take</translation>
    </message>
</context>
<context>
    <name>WaveformView</name>
    <message>
        <location filename="../views/waveform/view.py" line="59"/>
        <source>Recording</source>
        <translation>Aufnahme</translation>
    </message>
    <message>
        <location filename="../views/waveform/view.py" line="135"/>
        <source>No recording is open.</source>
        <translation>Keine Aufnahme ist offen.</translation>
    </message>
    <message>
        <location filename="../views/waveform/view.py" line="138"/>
        <source>{0}, {1} long</source>
        <translation>{0}, {1} lang</translation>
    </message>
    <message>
        <location filename="../views/waveform/view.py" line="160"/>
        <source>Drop a recording here, or open one (Ctrl+O).
Without one, new sounds are made.</source>
        <translation>Legen Sie hier eine Aufnahme ab, oder öffnen Sie eine (Strg+O).
Ohne Aufnahme entstehen neue Klänge.</translation>
    </message>
</context>
<context>
    <name>Welcome</name>
    <message>
        <location filename="../views/welcome.py" line="29"/>
        <source>Take this as the prompt</source>
        <translation>Das als Prompt nehmen</translation>
    </message>
    <message>
        <location filename="../views/welcome.py" line="46"/>
        <source>No takes yet</source>
        <translation>Noch keine Takes</translation>
    </message>
    <message>
        <location filename="../views/welcome.py" line="48"/>
        <source>Type what you want to hear and press Generate: a new sound.</source>
        <translation>Schreiben Sie auf Englisch, was Sie hören wollen, und drücken Sie Erzeugen: ein neuer Klang.</translation>
    </message>
    <message>
        <location filename="../views/welcome.py" line="49"/>
        <source>Or drop a recording above and select a region: it is restyled in place, exactly.</source>
        <translation>Oder legen Sie oben eine Aufnahme ab und wählen Sie einen Bereich: er wird an Ort und Stelle umgeformt.</translation>
    </message>
    <message>
        <location filename="../views/welcome.py" line="50"/>
        <source>Space plays a take, C compares it with the original. Drag a take onto any track.</source>
        <translation>Leertaste spielt einen Take, C vergleicht mit dem Original. Ziehen Sie Takes auf jede Spur.</translation>
    </message>
    <message>
        <location filename="../views/welcome.py" line="61"/>
        <source>The engine is being started. It renders on this machine; no network.</source>
        <translation>Die Engine startet. Sie rechnet auf diesem Rechner, ohne Netz.</translation>
    </message>
</context>
<context>
    <name>Window</name>
    <message>
        <location filename="../views/window.py" line="73"/>
        <source>Menu</source>
        <translation>Menü</translation>
    </message>
    <message>
        <location filename="../views/window.py" line="73"/>
        <source>Models, library, presets, sound device, colours</source>
        <translation>Modelle, Bibliothek, Presets, Tonausgabe, Farben</translation>
    </message>
    <message>
        <location filename="../views/window.py" line="76"/>
        <source>Models…</source>
        <translation>Modelle…</translation>
    </message>
    <message>
        <location filename="../views/window.py" line="77"/>
        <source>Library…</source>
        <translation>Bibliothek…</translation>
    </message>
    <message>
        <location filename="../views/window.py" line="78"/>
        <source>Presets…</source>
        <translation>Presets…</translation>
    </message>
    <message>
        <location filename="../views/window.py" line="79"/>
        <source>Save the settings as a preset…</source>
        <translation>Die Einstellungen als Preset sichern…</translation>
    </message>
    <message>
        <location filename="../views/window.py" line="80"/>
        <source>Sound device</source>
        <translation>Tonausgabe</translation>
    </message>
    <message>
        <location filename="../views/window.py" line="82"/>
        <source>Light colours</source>
        <translation>Helle Farben</translation>
    </message>
    <message>
        <location filename="../views/window.py" line="85"/>
        <source>Stay on top</source>
        <translation>Immer im Vordergrund</translation>
    </message>
    <message>
        <location filename="../views/window.py" line="88"/>
        <source>Look for earlier takes</source>
        <translation>Nach früheren Takes sehen</translation>
    </message>
    <message>
        <location filename="../views/window.py" line="181"/>
        <source>The system&apos;s own</source>
        <translation>Die des Systems</translation>
    </message>
    <message>
        <location filename="../views/window.py" line="181"/>
        <source>None (silent)</source>
        <translation>Keine (stumm)</translation>
    </message>
</context>
</TS>
