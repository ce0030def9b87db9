<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>AdvancedView</name>
    <message>
        <location filename="../views/advanced_view.py" line="22"/>
        <source>Defaults</source>
        <translation>Vorgaben</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="23"/>
        <source>Set all of these to their defaults</source>
        <translation>Alle diese auf ihre Vorgaben setzen</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="31"/>
        <location filename="../views/advanced_view.py" line="39"/>
        <source>auto</source>
        <translation>auto</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="32"/>
        <location filename="../views/advanced_view.py" line="60"/>
        <source>Guidance</source>
        <translation>Führung</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="33"/>
        <location filename="../views/advanced_view.py" line="60"/>
        <source>Steps</source>
        <translation>Schritte</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="34"/>
        <source>Seam in seconds</source>
        <translation>Naht in Sekunden</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="35"/>
        <source>Context in seconds</source>
        <translation>Umfeld in Sekunden</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="36"/>
        <location filename="../views/advanced_view.py" line="64"/>
        <source>Tilt</source>
        <translation>Neigung</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="43"/>
        <source>the engine&apos;s own</source>
        <translation>das der Engine</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="44"/>
        <location filename="../views/advanced_view.py" line="71"/>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="45"/>
        <source>from the prompt</source>
        <translation>aus dem Prompt</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="46"/>
        <source>Match loudness</source>
        <translation>Lautheit angleichen</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="47"/>
        <source>Keep noise floor</source>
        <translation>Grundrauschen behalten</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="48"/>
        <source>Rank takes</source>
        <translation>Takes ordnen</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="61"/>
        <source>Sampler</source>
        <translation>Sampler</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="61"/>
        <source>Method</source>
        <translation>Verfahren</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="62"/>
        <source>Seam s</source>
        <translation>Naht s</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="62"/>
        <source>Context s</source>
        <translation>Umfeld s</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="63"/>
        <source>Stereo</source>
        <translation>Stereo</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="63"/>
        <source>Highs</source>
        <translation>Höhen</translation>
    </message>
    <message>
        <location filename="../views/advanced_view.py" line="64"/>
        <source>UCS</source>
        <translation>UCS</translation>
    </message>
</context>
<context>
    <name>AskView</name>
    <message>
        <location filename="../views/ask_view.py" line="90"/>
        <source>what it should not sound like</source>
        <translation>wie es nicht klingen soll</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="91"/>
        <source>Negative prompt: what it should not sound like</source>
        <translation>Negativer Prompt: wie es nicht klingen soll</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="94"/>
        <source>Strength in percent</source>
        <translation>Stärke in Prozent</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="97"/>
        <source>Length in seconds</source>
        <translation>Länge in Sekunden</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="98"/>
        <source> s</source>
        <translation> s</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="100"/>
        <source>Seed</source>
        <translation>Seed</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="103"/>
        <source>Draft</source>
        <translation>Entwurf</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="104"/>
        <source>Normal</source>
        <translation>Normal</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="105"/>
        <source>Best</source>
        <translation>Beste</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="110"/>
        <source>&amp;Loop</source>
        <translation>Sch&amp;leife</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="111"/>
        <source>The end runs into the start without a seam</source>
        <translation>Das Ende läuft ohne Naht in den Anfang</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="112"/>
        <source>Variation in percent</source>
        <translation>Variation in Prozent</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="112"/>
        <source>off</source>
        <translation>aus</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="117"/>
        <source>Automatic</source>
        <translation>Automatisch</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="118"/>
        <location filename="../views/ask_view.py" line="255"/>
        <source>Restyle</source>
        <translation>Umformen</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="119"/>
        <location filename="../views/ask_view.py" line="256"/>
        <source>Fill</source>
        <translation>Füllen</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="120"/>
        <location filename="../views/ask_view.py" line="254"/>
        <source>Generate</source>
        <translation>Erzeugen</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="121"/>
        <location filename="../views/ask_view.py" line="257"/>
        <source>Extend</source>
        <translation>Verlängern</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="126"/>
        <source>Lock</source>
        <translation>Halten</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="126"/>
        <source>Keep the seed for the next takes</source>
        <translation>Den Seed für die nächsten Takes behalten</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="128"/>
        <source>Roll</source>
        <translation>Würfeln</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="128"/>
        <source>Roll another seed</source>
        <translation>Einen anderen Seed würfeln</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="130"/>
        <source>Live</source>
        <translation>Live</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="131"/>
        <source>Live: render a draft after every change, with the seed held</source>
        <translation>Live: nach jeder Änderung einen Entwurf rechnen, mit gehaltenem Seed</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="137"/>
        <source>Advanced</source>
        <translation>Mehr</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="138"/>
        <source>Show advanced settings</source>
        <translation>Weitere Einstellungen zeigen</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="152"/>
        <source>&amp;Prompt</source>
        <translation>&amp;Prompt</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="153"/>
        <source>&amp;Not</source>
        <translation>&amp;Nicht</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="157"/>
        <source>&amp;Strength</source>
        <translation>&amp;Stärke</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="162"/>
        <source>&amp;Takes</source>
        <translation>&amp;Takes</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="162"/>
        <source>&amp;Quality</source>
        <translation>&amp;Güte</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="163"/>
        <source>M&amp;ode</source>
        <translation>M&amp;odus</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="164"/>
        <source>Len&amp;gth</source>
        <translation>Län&amp;ge</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="164"/>
        <source>&amp;Vary</source>
        <translation>&amp;Variieren</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="174"/>
        <source>S&amp;eed</source>
        <translation>S&amp;eed</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="258"/>
        <source>Loop</source>
        <translation>Schleife</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="259"/>
        <source>Vary</source>
        <translation>Variieren</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="262"/>
        <source>{0}: 1 take</source>
        <translation>{0}: 1 Take</translation>
    </message>
    <message>
        <location filename="../views/ask_view.py" line="264"/>
        <source>{0}: {1} takes</source>
        <translation>{0}: {1} Takes</translation>
    </message>
</context>
<context>
    <name>DawButton</name>
    <message>
        <location filename="../views/daw_button.py" line="24"/>
        <source>Get the selection of a DAW ({0}), put takes into it ({1})</source>
        <translation>Auswahl aus einer DAW holen ({0}), Takes in sie einsetzen ({1})</translation>
    </message>
    <message>
        <location filename="../views/daw_button.py" line="25"/>
        <source>DAW</source>
        <translation>DAW</translation>
    </message>
    <message>
        <location filename="../views/daw_button.py" line="27"/>
        <source>DAWs</source>
        <translation>DAWs</translation>
    </message>
    <message>
        <location filename="../views/daw_button.py" line="58"/>
        <source>Put into {0}</source>
        <translation>In {0} einsetzen</translation>
    </message>
    <message>
        <location filename="../views/daw_button.py" line="74"/>
        <source>Get selection from {0}</source>
        <translation>Auswahl aus {0} holen</translation>
    </message>
    <message>
        <location filename="../views/daw_button.py" line="76"/>
        <source>Put chosen takes into {0}</source>
        <translation>Gewählte Takes in {0} einsetzen</translation>
    </message>
    <message>
        <location filename="../views/daw_button.py" line="82"/>
        <source>Looking for DAWs…</source>
        <translation>DAWs werden gesucht …</translation>
    </message>
    <message>
        <location filename="../views/daw_button.py" line="82"/>
        <source>No DAW was found</source>
        <translation>Keine DAW gefunden</translation>
    </message>
    <message>
        <location filename="../views/daw_button.py" line="86"/>
        <source>Look for DAWs again</source>
        <translation>Noch einmal nach DAWs suchen</translation>
    </message>
    <message>
        <location filename="../views/daw_button.py" line="88"/>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
</context>
<context>
    <name>ModelsDialog</name>
    <message>
        <location filename="../views/models_dialog.py" line="29"/>
        <location filename="../views/models_dialog.py" line="123"/>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="42"/>
        <source>Installed models</source>
        <translation>Installierte Modelle</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="44"/>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="44"/>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="44"/>
        <source>Licence</source>
        <translation>Lizenz</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="44"/>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="56"/>
        <source>Verify</source>
        <translation>Prüfen</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="56"/>
        <source>Check the model&apos;s files</source>
        <translation>Die Dateien des Modells prüfen</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="57"/>
        <source>Repair</source>
        <translation>Reparieren</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="57"/>
        <source>Make damaged files again</source>
        <translation>Beschädigte Dateien neu herstellen</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="58"/>
        <source>Remove…</source>
        <translation>Entfernen…</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="58"/>
        <source>Delete the model</source>
        <translation>Das Modell löschen</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="59"/>
        <source>owner/name on the model hub, or a folder</source>
        <translation>Besitzer/Name im Modell-Hub oder ein Ordner</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="60"/>
        <source>Model to install</source>
        <translation>Zu installierendes Modell</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="63"/>
        <source>Install</source>
        <translation>Installieren</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="63"/>
        <source>Get this checkpoint and convert it</source>
        <translation>Diesen Checkpoint holen und umwandeln</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="65"/>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="65"/>
        <source>Stop what is under way</source>
        <translation>Anhalten, was gerade läuft</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="68"/>
        <source>Under way</source>
        <translation>Läuft</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="75"/>
        <source>&amp;Get</source>
        <translation>&amp;Holen</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="105"/>
        <source>Delete {0} and its {1:.0f} MB of files?</source>
        <translation>{0} und seine {1:.0f} MB Dateien löschen?</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="118"/>
        <source>{0}

It goes into every take&apos;s metadata. Do you accept it?</source>
        <translation>{0}

Sie wird in die Metadaten jedes Takes geschrieben. Nehmen Sie sie an?</translation>
    </message>
    <message>
        <location filename="../views/models_dialog.py" line="143"/>
        <source>{0:.0f} MB</source>
        <translation>{0:.0f} MB</translation>
    </message>
</context>
<context>
    <name>Panel</name>
    <message>
        <location filename="../models/ask.py" line="131"/>
        <source>Type what it should sound like.</source>
        <translation>Schreiben Sie, wie es klingen soll.</translation>
    </message>
    <message>
        <location filename="../models/ask.py" line="135"/>
        <source>The region lasts {0:.2f} s; choose one of {1}.</source>
        <translation>Der Bereich dauert {0:.2f} s; wählen Sie einen von {1}.</translation>
    </message>
    <message>
        <location filename="../models/panel.py" line="289"/>
        <source>{0} takes are in {1}.</source>
        <translation>{0} Takes liegen in {1}.</translation>
    </message>
    <message>
        <location filename="../models/shelf.py" line="123"/>
        <source>Done.</source>
        <translation>Fertig.</translation>
    </message>
    <message>
        <location filename="../models/daws.py" line="73"/>
        <source>Getting the selection from {0}…</source>
        <translation>Auswahl wird aus {0} geholt …</translation>
    </message>
    <message>
        <location filename="../models/daws.py" line="78"/>
        <source>Choose takes that are done first.</source>
        <translation>Erst Takes wählen, die fertig sind.</translation>
    </message>
    <message>
        <location filename="../models/daws.py" line="81"/>
        <source>Putting takes into {0}…</source>
        <translation>Takes kommen nach {0} …</translation>
    </message>
    <message>
        <location filename="../models/daws.py" line="99"/>
        <source>The DAW is still busy with what it was asked before.</source>
        <translation>Die DAW ist noch mit dem Vorigen beschäftigt.</translation>
    </message>
    <message>
        <location filename="../models/daws.py" line="128"/>
        <source>The selection of {0} is here.</source>
        <translation>Die Auswahl aus {0} ist da.</translation>
    </message>
    <message>
        <location filename="../models/daws.py" line="131"/>
        <source>{0} takes are in place in {1}.</source>
        <translation>{0} Takes sind an ihrem Platz in {1}.</translation>
    </message>
    <message>
        <location filename="../models/daws.py" line="134"/>
        <source>The DAW could not be asked.</source>
        <translation>Die DAW konnte nicht gefragt werden.</translation>
    </message>
    <message>
        <location filename="../models/daws.py" line="140"/>
        <location filename="../models/shelf.py" line="129"/>
        <source>Python can&apos;t be started; install Punch-In again.</source>
        <translation>Python startet nicht; installieren Sie Punch-In neu.</translation>
    </message>
    <message>
        <location filename="../models/take_list.py" line="184"/>
        <source>{0:.2f} seconds</source>
        <translation>{0:.2f} Sekunden</translation>
    </message>
    <message>
        <location filename="../models/take_list.py" line="186"/>
        <source>kept</source>
        <translation>behalten</translation>
    </message>
    <message>
        <location filename="../models/take_list.py" line="188"/>
        <source>{0} stars</source>
        <translation>{0} Sterne</translation>
    </message>
    <message>
        <location filename="../models/take_list.py" line="196"/>
        <source>queued behind {0}</source>
        <translation>wartet hinter {0}</translation>
    </message>
    <message>
        <location filename="../models/take_list.py" line="198"/>
        <source>queued</source>
        <translation>wartet</translation>
    </message>
    <message>
        <location filename="../models/take_list.py" line="201"/>
        <source>{0} %</source>
        <translation>{0} %</translation>
    </message>
    <message>
        <location filename="../models/take_list.py" line="204"/>
        <source>failed: {0}</source>
        <translation>gescheitert: {0}</translation>
    </message>
    <message>
        <location filename="../models/take_list.py" line="206"/>
        <source>cancelled</source>
        <translation>abgebrochen</translation>
    </message>
    <message>
        <location filename="../models/take_list.py" line="208"/>
        <source>its file is gone</source>
        <translation>die Datei fehlt</translation>
    </message>
    <message>
        <location filename="../models/take_list.py" line="214"/>
        <source>loading the model</source>
        <translation>Modell wird geladen</translation>
    </message>
    <message>
        <location filename="../models/take_list.py" line="215"/>
        <source>reading</source>
        <translation>liest</translation>
    </message>
    <message>
        <location filename="../models/take_list.py" line="216"/>
        <source>rendering</source>
        <translation>rechnet</translation>
    </message>
    <message>
        <location filename="../models/take_list.py" line="217"/>
        <source>decoding</source>
        <translation>dekodiert</translation>
    </message>
    <message>
        <location filename="../models/take_list.py" line="218"/>
        <source>ranking</source>
        <translation>ordnet</translation>
    </message>
    <message>
        <location filename="../models/take_list.py" line="219"/>
        <source>writing</source>
        <translation>schreibt</translation>
    </message>
    <message>
        <location filename="../models/words.py" line="21"/>
        <source>The engine went away; the panel starts it again by itself.</source>
        <translation>Die Engine ist weg; das Panel startet sie von selbst wieder.</translation>
    </message>
    <message>
        <location filename="../models/words.py" line="22"/>
        <source>The model&apos;s process ended; generate again.</source>
        <translation>Der Prozess des Modells hat geendet; erzeugen Sie noch einmal.</translation>
    </message>
    <message>
        <location filename="../models/words.py" line="23"/>
        <source>The take can&apos;t be written; free some space.</source>
        <translation>Der Take kann nicht geschrieben werden; schaffen Sie Platz.</translation>
    </message>
    <message>
        <location filename="../models/words.py" line="24"/>
        <source>This recording can&apos;t be used.</source>
        <translation>Diese Aufnahme ist nicht brauchbar.</translation>
    </message>
    <message>
        <location filename="../models/words.py" line="25"/>
        <source>This region can&apos;t be used.</source>
        <translation>Dieser Bereich ist nicht brauchbar.</translation>
    </message>
    <message>
        <location filename="../models/words.py" line="26"/>
        <source>The engine may not read this folder; move the file into your home folder.</source>
        <translation>Die Engine darf diesen Ordner nicht lesen; legen Sie die Datei in Ihren Benutzerordner.</translation>
    </message>
    <message>
        <location filename="../models/words.py" line="29"/>
        <source>The model&apos;s files are damaged; repair it under Models.</source>
        <translation>Die Dateien des Modells sind beschädigt; reparieren Sie es unter Modelle.</translation>
    </message>
    <message>
        <location filename="../models/words.py" line="30"/>
        <source>The chosen device can&apos;t be used.</source>
        <translation>Das gewählte Gerät ist nicht nutzbar.</translation>
    </message>
    <message>
        <location filename="../models/words.py" line="41"/>
        <source>{0} s left</source>
        <translation>noch {0} s</translation>
    </message>
    <message>
        <location filename="../models/words.py" line="42"/>
        <source>{0}:{1:02} min left</source>
        <translation>noch {0}:{1:02} min</translation>
    </message>
</context>
<context>
    <name>PromptField</name>
    <message>
        <location filename="../views/ask_view.py" line="46"/>
        <source>boots on wet gravel</source>
        <translation>boots on wet gravel</translation>
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
        <location filename="../views/source_view.py" line="39"/>
        <source>Scroll along the recording</source>
        <translation>Durch die Aufnahme rollen</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="50"/>
        <source>How time is shown</source>
        <translation>Wie Zeit gezeigt wird</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="51"/>
        <source>How time is shown: seconds, or pictures per second</source>
        <translation>Wie Zeit gezeigt wird: Sekunden oder Bilder pro Sekunde</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="53"/>
        <source>seconds</source>
        <translation>Sekunden</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="53"/>
        <source>{0:g} fps</source>
        <translation>{0:g} B/s</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="59"/>
        <source>Select</source>
        <translation>Auswahl</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="60"/>
        <source>Select the region: drag, or Shift and the arrow keys</source>
        <translation>Bereich wählen: ziehen, oder Umschalt und Pfeiltasten</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="64"/>
        <source>Mask</source>
        <translation>Maske</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="65"/>
        <source>Mask what is to be filled: drag, or M over the selection</source>
        <translation>Maskieren, was gefüllt wird: ziehen, oder M auf der Auswahl</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="68"/>
        <source>Curve</source>
        <translation>Kurve</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="68"/>
        <source>Draw how much is made anew at which time</source>
        <translation>Zeichnen, wie viel wann neu gemacht wird</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="69"/>
        <source>Band</source>
        <translation>Band</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="69"/>
        <source>Choose frequencies to be made anew, in the spectrum</source>
        <translation>Im Spektrum wählen, welche Frequenzen neu gemacht werden</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="79"/>
        <source>Open…</source>
        <translation>Öffnen…</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="79"/>
        <location filename="../views/source_view.py" line="138"/>
        <source>Open a recording</source>
        <translation>Eine Aufnahme öffnen</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="80"/>
        <source>Close the recording</source>
        <translation>Die Aufnahme schließen</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="82"/>
        <source>Play the selection, or from the caret</source>
        <translation>Die Auswahl spielen, oder ab der Marke</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="85"/>
        <source>Spectrum</source>
        <translation>Spektrum</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="86"/>
        <source>Show frequencies instead of the waveform</source>
        <translation>Frequenzen statt der Wellenform zeigen</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="91"/>
        <source>All</source>
        <translation>Alles</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="91"/>
        <source>Show all of the recording</source>
        <translation>Die ganze Aufnahme zeigen</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="93"/>
        <source>Region</source>
        <translation>Bereich</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="93"/>
        <source>Show the selection</source>
        <translation>Die Auswahl zeigen</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="138"/>
        <source>Sounds ({0});;All files (*)</source>
        <translation>Klänge ({0});;Alle Dateien (*)</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="167"/>
        <source>New sound</source>
        <translation>Neuer Klang</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="190"/>
        <source>caret {0}</source>
        <translation>Marke {0}</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="193"/>
        <source>{0} to {1}, {2:.3f} s</source>
        <translation>{0} bis {1}, {2:.3f} s</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="195"/>
        <source>{0} masked</source>
        <translation>{0} maskiert</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="197"/>
        <source>strength curve</source>
        <translation>Stärkekurve</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="199"/>
        <source>{0:g} to {1:g} Hz</source>
        <translation>{0:g} bis {1:g} Hz</translation>
    </message>
    <message>
        <location filename="../views/source_view.py" line="200"/>
        <source>{0:g} kHz, {1} ch</source>
        <translation>{0:g} kHz, {1} Kan.</translation>
    </message>
</context>
<context>
    <name>StatusLine</name>
    <message>
        <location filename="../views/status_line.py" line="26"/>
        <source>Try again</source>
        <translation>Noch einmal</translation>
    </message>
    <message>
        <location filename="../views/status_line.py" line="26"/>
        <source>Look for the engine now</source>
        <translation>Jetzt nach der Engine sehen</translation>
    </message>
    <message>
        <location filename="../views/status_line.py" line="53"/>
        <source>Engine: {0}</source>
        <translation>Engine: {0}</translation>
    </message>
    <message>
        <location filename="../views/status_line.py" line="59"/>
        <source>Starting the engine…</source>
        <translation>Die Engine startet…</translation>
    </message>
    <message>
        <location filename="../views/status_line.py" line="64"/>
        <source>Engine ready</source>
        <translation>Engine bereit</translation>
    </message>
    <message>
        <location filename="../views/status_line.py" line="66"/>
        <source>The model can&apos;t be started; look into Models, or run punchin doctor.</source>
        <translation>Das Modell startet nicht; sehen Sie unter Modelle nach, oder rufen Sie punchin doctor auf.</translation>
    </message>
    <message>
        <location filename="../views/status_line.py" line="70"/>
        <source>{0} running, {1} waiting</source>
        <translation>{0} laufen, {1} warten</translation>
    </message>
    <message>
        <location filename="../views/status_line.py" line="72"/>
        <source>idle</source>
        <translation>ruht</translation>
    </message>
    <message>
        <location filename="../views/status_line.py" line="74"/>
        <source>{0:.0f} MB</source>
        <translation>{0:.0f} MB</translation>
    </message>
</context>
<context>
    <name>TakeDelegate</name>
    <message>
        <location filename="../views/take_delegate.py" line="110"/>
        <source>{0:.2f} s</source>
        <translation>{0:.2f} s</translation>
    </message>
    <message>
        <location filename="../views/take_delegate.py" line="112"/>
        <source>best</source>
        <translation>bester</translation>
    </message>
    <message>
        <location filename="../views/take_delegate.py" line="114"/>
        <source>no. {0}</source>
        <translation>Nr. {0}</translation>
    </message>
    <message>
        <location filename="../views/take_delegate.py" line="118"/>
        <source>live</source>
        <translation>live</translation>
    </message>
    <message>
        <location filename="../views/take_delegate.py" line="118"/>
        <source>kept</source>
        <translation>behalten</translation>
    </message>
    <message>
        <location filename="../views/take_delegate.py" line="119"/>
        <source>seed {0}</source>
        <translation>Seed {0}</translation>
    </message>
</context>
<context>
    <name>TakesList</name>
    <message>
        <location filename="../views/takes_view.py" line="46"/>
        <source>Takes</source>
        <translation>Takes</translation>
    </message>
</context>
<context>
    <name>TakesView</name>
    <message>
        <location filename="../views/takes_view.py" line="90"/>
        <source>Search takes (Ctrl+F)</source>
        <translation>Takes suchen (Strg+F)</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="91"/>
        <source>Search takes</source>
        <translation>Takes suchen</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="92"/>
        <source>Show only takes that are kept</source>
        <translation>Nur behaltene Takes zeigen</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="93"/>
        <source>Kept</source>
        <translation>Behalten</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="94"/>
        <source>Show only takes with a star</source>
        <translation>Nur Takes mit Stern zeigen</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="97"/>
        <source>Cancel all</source>
        <translation>Alle abbrechen</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="97"/>
        <source>Cancel everything that waits or renders</source>
        <translation>Alles abbrechen, was wartet oder rechnet</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="102"/>
        <source>Play the take alone, or stop (Space)</source>
        <translation>Den Take allein spielen, oder anhalten (Leertaste)</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="104"/>
        <source>In place</source>
        <translation>Im Umfeld</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="104"/>
        <source>Play the take in its place (Shift+Space)</source>
        <translation>Den Take an seiner Stelle spielen (Umschalt+Leertaste)</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="106"/>
        <source>Switch between take and original, equally loud (C)</source>
        <translation>Zwischen Take und Original wechseln, gleich laut (C)</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="108"/>
        <source>Keep</source>
        <translation>Behalten</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="108"/>
        <source>Keep: never prune it, or no longer (K)</source>
        <translation>Behalten: nie aufräumen, oder nicht mehr (K)</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="110"/>
        <source>Star, or no longer (S)</source>
        <translation>Stern, oder nicht mehr (S)</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="112"/>
        <source>Discard</source>
        <translation>Verwerfen</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="112"/>
        <source>Discard: file into the trash (Delete)</source>
        <translation>Verwerfen: Datei in den Papierkorb (Entf)</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="115"/>
        <source>Settings</source>
        <translation>Werte</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="115"/>
        <source>Copy the take&apos;s settings back</source>
        <translation>Die Werte des Takes zurückholen</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="117"/>
        <source>More…</source>
        <translation>Mehr…</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="117"/>
        <source>More to do with the take</source>
        <translation>Mehr mit dem Take tun</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="218"/>
        <source>Export takes into a folder</source>
        <translation>Takes in einen Ordner ausgeben</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="249"/>
        <source>Vary this take</source>
        <translation>Diesen Take variieren</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="250"/>
        <source>Open as the recording</source>
        <translation>Als Aufnahme öffnen</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="251"/>
        <source>Show the folder</source>
        <translation>Den Ordner zeigen</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="252"/>
        <source>Export…</source>
        <translation>Ausgeben…</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="253"/>
        <source>Cancel the job</source>
        <translation>Den Auftrag abbrechen</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="259"/>
        <source>Stars</source>
        <translation>Sterne</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="261"/>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="316"/>
        <source>A: take</source>
        <translation>A: Take</translation>
    </message>
    <message>
        <location filename="../views/takes_view.py" line="316"/>
        <source>B: original</source>
        <translation>B: Original</translation>
    </message>
</context>
<context>
    <name>WaveformView</name>
    <message>
        <location filename="../views/waveform.py" line="78"/>
        <source>Recording</source>
        <translation>Aufnahme</translation>
    </message>
    <message>
        <location filename="../views/waveform.py" line="148"/>
        <source>No recording is open.</source>
        <translation>Keine Aufnahme ist offen.</translation>
    </message>
    <message>
        <location filename="../views/waveform.py" line="151"/>
        <source>{0}, {1} long</source>
        <translation>{0}, {1} lang</translation>
    </message>
    <message>
        <location filename="../views/waveform.py" line="177"/>
        <source>Drop a recording here, or open one (Ctrl+O).
Without one, new sounds are made.</source>
        <translation>Legen Sie hier eine Aufnahme ab, oder öffnen Sie eine (Strg+O).
Ohne Aufnahme entstehen neue Klänge.</translation>
    </message>
    <message>
        <location filename="../views/waveform.py" line="304"/>
        <source>{0} Hz</source>
        <translation>{0} Hz</translation>
    </message>
</context>
<context>
    <name>Welcome</name>
    <message>
        <location filename="../views/welcome.py" line="28"/>
        <source>Take this as the prompt</source>
        <translation>Das als Prompt nehmen</translation>
    </message>
    <message>
        <location filename="../views/welcome.py" line="45"/>
        <source>No takes yet</source>
        <translation>Noch keine Takes</translation>
    </message>
    <message>
        <location filename="../views/welcome.py" line="47"/>
        <source>Type what you want to hear and press Generate: a new sound.</source>
        <translation>Schreiben Sie auf Englisch, was Sie hören wollen, und drücken Sie Erzeugen: ein neuer Klang.</translation>
    </message>
    <message>
        <location filename="../views/welcome.py" line="48"/>
        <source>Or drop a recording above and select a region: it is restyled in place, exactly.</source>
        <translation>Oder legen Sie oben eine Aufnahme ab und wählen Sie einen Bereich: er wird an Ort und Stelle umgeformt.</translation>
    </message>
    <message>
        <location filename="../views/welcome.py" line="49"/>
        <source>Space plays a take, C compares it with the original. Drag a take onto any track.</source>
        <translation>Leertaste spielt einen Take, C vergleicht mit dem Original. Ziehen Sie Takes auf jede Spur.</translation>
    </message>
    <message>
        <location filename="../views/welcome.py" line="60"/>
        <source>The engine is being started. It renders on this machine; no network.</source>
        <translation>Die Engine startet. Sie rechnet auf diesem Rechner, ohne Netz.</translation>
    </message>
</context>
<context>
    <name>Window</name>
    <message>
        <location filename="../views/window.py" line="61"/>
        <source>Menu</source>
        <translation>Menü</translation>
    </message>
    <message>
        <location filename="../views/window.py" line="61"/>
        <source>Models, sound device, colours</source>
        <translation>Modelle, Tonausgabe, Farben</translation>
    </message>
    <message>
        <location filename="../views/window.py" line="63"/>
        <source>Models…</source>
        <translation>Modelle…</translation>
    </message>
    <message>
        <location filename="../views/window.py" line="64"/>
        <source>Sound device</source>
        <translation>Tonausgabe</translation>
    </message>
    <message>
        <location filename="../views/window.py" line="66"/>
        <source>Light colours</source>
        <translation>Helle Farben</translation>
    </message>
    <message>
        <location filename="../views/window.py" line="69"/>
        <source>Stay on top</source>
        <translation>Immer im Vordergrund</translation>
    </message>
    <message>
        <location filename="../views/window.py" line="72"/>
        <source>Look for earlier takes</source>
        <translation>Nach früheren Takes sehen</translation>
    </message>
    <message>
        <location filename="../views/window.py" line="131"/>
        <source>The system&apos;s own</source>
        <translation>Die des Systems</translation>
    </message>
    <message>
        <location filename="../views/window.py" line="131"/>
        <source>None (silent)</source>
        <translation>Keine (stumm)</translation>
    </message>
</context>
</TS>
