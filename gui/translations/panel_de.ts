<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>AdvancedView</name>
    <message>
        <source>Defaults</source>
        <translation>Vorgaben</translation>
    </message>
    <message>
        <source>Set all of these to their defaults</source>
        <translation>Alle diese auf ihre Vorgaben setzen</translation>
    </message>
    <message>
        <source>auto</source>
        <translation>auto</translation>
    </message>
    <message>
        <source>Guidance</source>
        <translation>Führung</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>Schritte</translation>
    </message>
    <message>
        <source>Seam in seconds</source>
        <translation>Naht in Sekunden</translation>
    </message>
    <message>
        <source>Context in seconds</source>
        <translation>Umfeld in Sekunden</translation>
    </message>
    <message>
        <source>Tilt</source>
        <translation>Neigung</translation>
    </message>
    <message>
        <source>the engine's own</source>
        <translation>das der Engine</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>from the prompt</source>
        <translation>aus dem Prompt</translation>
    </message>
    <message>
        <source>Match loudness</source>
        <translation>Lautheit angleichen</translation>
    </message>
    <message>
        <source>Keep noise floor</source>
        <translation>Grundrauschen behalten</translation>
    </message>
    <message>
        <source>Rank takes</source>
        <translation>Takes ordnen</translation>
    </message>
    <message>
        <source>Sampler</source>
        <translation>Sampler</translation>
    </message>
    <message>
        <source>Method</source>
        <translation>Verfahren</translation>
    </message>
    <message>
        <source>Seam s</source>
        <translation>Naht s</translation>
    </message>
    <message>
        <source>Context s</source>
        <translation>Umfeld s</translation>
    </message>
    <message>
        <source>Stereo</source>
        <translation>Stereo</translation>
    </message>
    <message>
        <source>Highs</source>
        <translation>Höhen</translation>
    </message>
    <message>
        <source>UCS</source>
        <translation>UCS</translation>
    </message>
</context>
<context>
    <name>AskView</name>
    <message>
        <source>what it should not sound like</source>
        <translation>wie es nicht klingen soll</translation>
    </message>
    <message>
        <source>Negative prompt: what it should not sound like</source>
        <translation>Negativer Prompt: wie es nicht klingen soll</translation>
    </message>
    <message>
        <source>Strength in percent</source>
        <translation>Stärke in Prozent</translation>
    </message>
    <message>
        <source>Length in seconds</source>
        <translation>Länge in Sekunden</translation>
    </message>
    <message>
        <source> s</source>
        <translation> s</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Seed</translation>
    </message>
    <message>
        <source>Draft</source>
        <translation>Entwurf</translation>
    </message>
    <message>
        <source>Normal</source>
        <translation>Normal</translation>
    </message>
    <message>
        <source>Best</source>
        <translation>Beste</translation>
    </message>
    <message>
        <source>&amp;Loop</source>
        <translation>Sch&amp;leife</translation>
    </message>
    <message>
        <source>The end runs into the start without a seam</source>
        <translation>Das Ende läuft ohne Naht in den Anfang</translation>
    </message>
    <message>
        <source>Variation in percent</source>
        <translation>Variation in Prozent</translation>
    </message>
    <message>
        <source>off</source>
        <translation>aus</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>Automatisch</translation>
    </message>
    <message>
        <source>Restyle</source>
        <translation>Umformen</translation>
    </message>
    <message>
        <source>Fill</source>
        <translation>Füllen</translation>
    </message>
    <message>
        <source>Generate</source>
        <translation>Erzeugen</translation>
    </message>
    <message>
        <source>Extend</source>
        <translation>Verlängern</translation>
    </message>
    <message>
        <source>Lock</source>
        <translation>Halten</translation>
    </message>
    <message>
        <source>Keep the seed for the next takes</source>
        <translation>Den Seed für die nächsten Takes behalten</translation>
    </message>
    <message>
        <source>Roll</source>
        <translation>Würfeln</translation>
    </message>
    <message>
        <source>Roll another seed</source>
        <translation>Einen anderen Seed würfeln</translation>
    </message>
    <message>
        <source>Live</source>
        <translation>Live</translation>
    </message>
    <message>
        <source>Live: render a draft after every change, with the seed held</source>
        <translation>Live: nach jeder Änderung einen Entwurf rechnen, mit gehaltenem Seed</translation>
    </message>
    <message>
        <source>Advanced</source>
        <translation>Mehr</translation>
    </message>
    <message>
        <source>Show advanced settings</source>
        <translation>Weitere Einstellungen zeigen</translation>
    </message>
    <message>
        <source>Presets…</source>
        <translation>Presets…</translation>
    </message>
    <message>
        <source>Look through the presets</source>
        <translation>Die Presets durchsehen</translation>
    </message>
    <message>
        <source>Leave the preset: nothing goes along that has no field</source>
        <translation>Das Preset verlassen: Nichts geht mehr mit, was kein Feld hat</translation>
    </message>
    <message>
        <source>&amp;Prompt</source>
        <translation>&amp;Prompt</translation>
    </message>
    <message>
        <source>&amp;Not</source>
        <translation>&amp;Nicht</translation>
    </message>
    <message>
        <source>&amp;Strength</source>
        <translation>&amp;Stärke</translation>
    </message>
    <message>
        <source>&amp;Takes</source>
        <translation>&amp;Takes</translation>
    </message>
    <message>
        <source>&amp;Quality</source>
        <translation>&amp;Güte</translation>
    </message>
    <message>
        <source>M&amp;ode</source>
        <translation>M&amp;odus</translation>
    </message>
    <message>
        <source>Len&amp;gth</source>
        <translation>Län&amp;ge</translation>
    </message>
    <message>
        <source>&amp;Vary</source>
        <translation>&amp;Variieren</translation>
    </message>
    <message>
        <source>S&amp;eed</source>
        <translation>S&amp;eed</translation>
    </message>
    <message>
        <source>Preset: {0}</source>
        <translation>Preset: {0}</translation>
    </message>
    <message>
        <source>Loop</source>
        <translation>Schleife</translation>
    </message>
    <message>
        <source>Vary</source>
        <translation>Variieren</translation>
    </message>
    <message>
        <source>{0}: 1 take</source>
        <translation>{0}: 1 Take</translation>
    </message>
    <message>
        <source>{0}: {1} takes</source>
        <translation>{0}: {1} Takes</translation>
    </message>
</context>
<context>
    <name>DawButton</name>
    <message>
        <source>Get the selection of a DAW ({0}), put takes into it ({1})</source>
        <translation>Auswahl aus einer DAW holen ({0}), Takes in sie einsetzen ({1})</translation>
    </message>
    <message>
        <source>DAW</source>
        <translation>DAW</translation>
    </message>
    <message>
        <source>DAWs</source>
        <translation>DAWs</translation>
    </message>
    <message>
        <source>Put into {0}</source>
        <translation>In {0} einsetzen</translation>
    </message>
    <message>
        <source>Get selection from {0}</source>
        <translation>Auswahl aus {0} holen</translation>
    </message>
    <message>
        <source>Put chosen takes into {0}</source>
        <translation>Gewählte Takes in {0} einsetzen</translation>
    </message>
    <message>
        <source>Looking for DAWs…</source>
        <translation>DAWs werden gesucht …</translation>
    </message>
    <message>
        <source>No DAW was found</source>
        <translation>Keine DAW gefunden</translation>
    </message>
    <message>
        <source>Look for DAWs again</source>
        <translation>Noch einmal nach DAWs suchen</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
</context>
<context>
    <name>ModelsDialog</name>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>Installed models</source>
        <translation>Installierte Modelle</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>Lizenz</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>Verify</source>
        <translation>Prüfen</translation>
    </message>
    <message>
        <source>Check the model's files</source>
        <translation>Die Dateien des Modells prüfen</translation>
    </message>
    <message>
        <source>Repair</source>
        <translation>Reparieren</translation>
    </message>
    <message>
        <source>Make damaged files again</source>
        <translation>Beschädigte Dateien neu herstellen</translation>
    </message>
    <message>
        <source>Remove…</source>
        <translation>Entfernen…</translation>
    </message>
    <message>
        <source>Delete the model</source>
        <translation>Das Modell löschen</translation>
    </message>
    <message>
        <source>owner/name on the model hub, or a folder</source>
        <translation>Besitzer/Name im Modell-Hub oder ein Ordner</translation>
    </message>
    <message>
        <source>Model to install</source>
        <translation>Zu installierendes Modell</translation>
    </message>
    <message>
        <source>Install</source>
        <translation>Installieren</translation>
    </message>
    <message>
        <source>Get this checkpoint and convert it</source>
        <translation>Diesen Checkpoint holen und umwandeln</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Stop what is under way</source>
        <translation>Anhalten, was gerade läuft</translation>
    </message>
    <message>
        <source>Under way</source>
        <translation>Läuft</translation>
    </message>
    <message>
        <source>&amp;Get</source>
        <translation>&amp;Holen</translation>
    </message>
    <message>
        <source>Delete {0} and its {1:.0f} MB of files?</source>
        <translation>{0} und seine {1:.0f} MB Dateien löschen?</translation>
    </message>
    <message>
        <source>{0}

It goes into every take's metadata. Do you accept it?</source>
        <translation>{0}

Sie wird in die Metadaten jedes Takes geschrieben. Nehmen Sie sie an?</translation>
    </message>
    <message>
        <source>{0:.0f} MB</source>
        <translation>{0:.0f} MB</translation>
    </message>
</context>
<context>
    <name>Panel</name>
    <message>
        <source>The plugin does not learn what you type here: {0}</source>
        <translation>Was Sie hier schreiben, erfährt das Plugin nicht: {0}</translation>
    </message>
    <message>
        <source>The preset has effects, which the plugin can't apply: get the region into the panel.</source>
        <translation>Das Preset hat Effekte, die das Plugin nicht anwenden kann: Holen Sie den Bereich in das Panel.</translation>
    </message>
    <message>
        <source>{0} Hz</source>
        <translation>{0} Hz</translation>
    </message>
    <message>
        <source>Type what it should sound like.</source>
        <translation>Schreiben Sie, wie es klingen soll.</translation>
    </message>
    <message>
        <source>The region lasts {0:.2f} s; choose one of {1}.</source>
        <translation>Der Bereich dauert {0:.2f} s; wählen Sie einen von {1}.</translation>
    </message>
    <message>
        <source>{0} ({1} of {2})</source>
        <translation>{0} ({1} von {2})</translation>
    </message>
    <message>
        <source>Without its effects: {0}</source>
        <translation>Ohne seine Effekte: {0}</translation>
    </message>
    <message>
        <source>Takes will stay without the preset's effects: {0}</source>
        <translation>Takes bleiben ohne die Effekte des Presets: {0}</translation>
    </message>
    <message>
        <source>{0} takes are in {1}.</source>
        <translation>{0} Takes liegen in {1}.</translation>
    </message>
    <message>
        <source>Done.</source>
        <translation>Fertig.</translation>
    </message>
    <message>
        <source>Getting the selection from {0}…</source>
        <translation>Auswahl wird aus {0} geholt …</translation>
    </message>
    <message>
        <source>Choose takes that are done first.</source>
        <translation>Erst Takes wählen, die fertig sind.</translation>
    </message>
    <message>
        <source>Putting takes into {0}…</source>
        <translation>Takes kommen nach {0} …</translation>
    </message>
    <message>
        <source>The DAW is still busy with what it was asked before.</source>
        <translation>Die DAW ist noch mit dem Vorigen beschäftigt.</translation>
    </message>
    <message>
        <source>The selection of {0} is here.</source>
        <translation>Die Auswahl aus {0} ist da.</translation>
    </message>
    <message>
        <source>{0} takes are in place in {1}.</source>
        <translation>{0} Takes sind an ihrem Platz in {1}.</translation>
    </message>
    <message>
        <source>The DAW could not be asked.</source>
        <translation>Die DAW konnte nicht gefragt werden.</translation>
    </message>
    <message>
        <source>Python can't be started; install Punch-In again.</source>
        <translation>Python startet nicht; installieren Sie Punch-In neu.</translation>
    </message>
    <message>
        <source>{0:.2f} seconds</source>
        <translation>{0:.2f} Sekunden</translation>
    </message>
    <message>
        <source>{0} of {1} takes</source>
        <translation>{0} von {1} Takes</translation>
    </message>
    <message>
        <source>{0} and more of {1} takes</source>
        <translation>{0} und mehr von {1} Takes</translation>
    </message>
    <message>
        <source>kept</source>
        <translation>behalten</translation>
    </message>
    <message>
        <source>with a star</source>
        <translation>mit Stern</translation>
    </message>
    <message>
        <source>by {0}</source>
        <translation>von {0}</translation>
    </message>
    <message>
        <source>with “{0}”</source>
        <translation>mit „{0}“</translation>
    </message>
    <message>
        <source>any time</source>
        <translation>jederzeit</translation>
    </message>
    <message>
        <source>today</source>
        <translation>heute</translation>
    </message>
    <message>
        <source>yesterday</source>
        <translation>gestern</translation>
    </message>
    <message>
        <source>last 7 days</source>
        <translation>letzte 7 Tage</translation>
    </message>
    <message>
        <source>last 30 days</source>
        <translation>letzte 30 Tage</translation>
    </message>
    <message>
        <source>earlier</source>
        <translation>früher</translation>
    </message>
    <message>
        <source>live draft</source>
        <translation>Live-Entwurf</translation>
    </message>
    <message>
        <source>{0} stars</source>
        <translation>{0} Sterne</translation>
    </message>
    <message>
        <source>queued behind {0}</source>
        <translation>wartet hinter {0}</translation>
    </message>
    <message>
        <source>queued</source>
        <translation>wartet</translation>
    </message>
    <message>
        <source>{0} %</source>
        <translation>{0} %</translation>
    </message>
    <message>
        <source>failed: {0}</source>
        <translation>gescheitert: {0}</translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation>abgebrochen</translation>
    </message>
    <message>
        <source>effects: {0}</source>
        <translation>Effekte: {0}</translation>
    </message>
    <message>
        <source>effects…</source>
        <translation>Effekte…</translation>
    </message>
    <message>
        <source>its file is gone</source>
        <translation>die Datei fehlt</translation>
    </message>
    <message>
        <source>loading the model</source>
        <translation>Modell wird geladen</translation>
    </message>
    <message>
        <source>reading</source>
        <translation>liest</translation>
    </message>
    <message>
        <source>rendering</source>
        <translation>rechnet</translation>
    </message>
    <message>
        <source>decoding</source>
        <translation>dekodiert</translation>
    </message>
    <message>
        <source>ranking</source>
        <translation>ordnet</translation>
    </message>
    <message>
        <source>writing</source>
        <translation>schreibt</translation>
    </message>
    <message>
        <source>Panel and engine don't understand each other.</source>
        <translation>Panel und Engine verstehen einander nicht.</translation>
    </message>
    <message>
        <source>Something in it can't be used.</source>
        <translation>Eine Angabe ist nicht brauchbar.</translation>
    </message>
    <message>
        <source>The region can't be used.</source>
        <translation>Der Bereich ist nicht brauchbar.</translation>
    </message>
    <message>
        <source>The sound can't be used.</source>
        <translation>Der Klang ist nicht brauchbar.</translation>
    </message>
    <message>
        <source>Something is not there.</source>
        <translation>Etwas fehlt.</translation>
    </message>
    <message>
        <source>That is not allowed.</source>
        <translation>Das ist nicht erlaubt.</translation>
    </message>
    <message>
        <source>The name is taken.</source>
        <translation>Der Name ist schon vergeben.</translation>
    </message>
    <message>
        <source>A file can't be written.</source>
        <translation>Eine Datei lässt sich nicht schreiben.</translation>
    </message>
    <message>
        <source>The files of a model are damaged.</source>
        <translation>Die Dateien eines Modells sind beschädigt.</translation>
    </message>
    <message>
        <source>A device can't be used.</source>
        <translation>Ein Gerät ist nicht brauchbar.</translation>
    </message>
    <message>
        <source>That is too much.</source>
        <translation>Das ist zu viel.</translation>
    </message>
    <message>
        <source>Another program is in the engine's place.</source>
        <translation>Ein anderes Programm belegt den Platz der Engine.</translation>
    </message>
    <message>
        <source>The process of the model has ended.</source>
        <translation>Der Prozess des Modells ist abgebrochen.</translation>
    </message>
    <message>
        <source>An effect can't be used.</source>
        <translation>Ein Effekt ist nicht brauchbar.</translation>
    </message>
    <message>
        <source>The engine can't be reached.</source>
        <translation>Die Engine ist nicht erreichbar.</translation>
    </message>
    <message>
        <source>A defect of Punch-In.</source>
        <translation>Ein Fehler in Punch-In selbst.</translation>
    </message>
    <message>
        <source>The engine went away; the panel starts it again by itself.</source>
        <translation>Die Engine ist weg; das Panel startet sie von selbst wieder.</translation>
    </message>
    <message>
        <source>The model's process ended; generate again.</source>
        <translation>Der Prozess des Modells hat geendet; erzeugen Sie noch einmal.</translation>
    </message>
    <message>
        <source>The take can't be written; free some space.</source>
        <translation>Der Take kann nicht geschrieben werden; schaffen Sie Platz.</translation>
    </message>
    <message>
        <source>This recording can't be used.</source>
        <translation>Diese Aufnahme ist nicht brauchbar.</translation>
    </message>
    <message>
        <source>This region can't be used.</source>
        <translation>Dieser Bereich ist nicht brauchbar.</translation>
    </message>
    <message>
        <source>The engine may not read this folder; move the file into your home folder.</source>
        <translation>Die Engine darf diesen Ordner nicht lesen; legen Sie die Datei in Ihren Benutzerordner.</translation>
    </message>
    <message>
        <source>The model's files are damaged; repair it under Models.</source>
        <translation>Die Dateien des Modells sind beschädigt; reparieren Sie es unter Modelle.</translation>
    </message>
    <message>
        <source>The chosen device can't be used.</source>
        <translation>Das gewählte Gerät ist nicht nutzbar.</translation>
    </message>
    <message>
        <source>{0} s left</source>
        <translation>noch {0} s</translation>
    </message>
    <message>
        <source>{0}:{1:02} min left</source>
        <translation>noch {0}:{1:02} min</translation>
    </message>
    <message>
        <source>The process of the effects ended.</source>
        <translation>Der Prozess der Effekte wurde beendet.</translation>
    </message>
    <message>
        <source>{0} channels</source>
        <translation>{0} Kanäle</translation>
    </message>
    <message>
        <source>effects {0}</source>
        <translation>Effekte {0}</translation>
    </message>
    <message>
        <source>{0} x {1}</source>
        <translation>{0} x {1}</translation>
    </message>
    <message>
        <source>{0} works on a recording: open one, or a new sound is made.</source>
        <translation>{0} bearbeitet eine Aufnahme: Öffnen Sie eine, sonst entsteht ein neuer Klang.</translation>
    </message>
    <message>
        <source>{0} comes with Punch-In; yours would take its place.</source>
        <translation>{0} gehört zu Punch-In; Ihres träte an seine Stelle.</translation>
    </message>
    <message>
        <source>You have a preset {0}.</source>
        <translation>Sie haben schon ein Preset {0}.</translation>
    </message>
    <message>
        <source>{0} is a copy of {1}.</source>
        <translation>{0} ist eine Kopie von {1}.</translation>
    </message>
    <message>
        <source>My presets</source>
        <translation>Meine Presets</translation>
    </message>
    <message>
        <source>Ambience</source>
        <translation>Atmosphären</translation>
    </message>
    <message>
        <source>Creatures</source>
        <translation>Kreaturen</translation>
    </message>
    <message>
        <source>Film foley</source>
        <translation>Film-Foley</translation>
    </message>
    <message>
        <source>Game impacts</source>
        <translation>Einschläge für Spiele</translation>
    </message>
    <message>
        <source>Machines</source>
        <translation>Maschinen</translation>
    </message>
    <message>
        <source>Restyles</source>
        <translation>Umformungen</translation>
    </message>
    <message>
        <source>UI</source>
        <translation>Bedienung</translation>
    </message>
    <message>
        <source>Weather</source>
        <translation>Wetter</translation>
    </message>
    <message>
        <source>The preset {0} is saved.</source>
        <translation>Das Preset {0} ist gesichert.</translation>
    </message>
    <message>
        <source>A damaged file of its name is now {0}.</source>
        <translation>Eine beschädigte Datei seines Namens heißt jetzt {0}.</translation>
    </message>
    <message>
        <source>The preset {0} is deleted.</source>
        <translation>Das Preset {0} ist gelöscht.</translation>
    </message>
    <message>
        <source>Another program has changed {0} meanwhile: close, and edit it again.</source>
        <translation>Ein anderes Programm hat {0} inzwischen geändert: Schließen Sie, und bearbeiten Sie es noch einmal.</translation>
    </message>
    <message>
        <source>Imported: {0}.</source>
        <translation>Eingelesen: {0}.</translation>
    </message>
    <message>
        <source>{0} presets go into a pack: name a file that ends in {1}.</source>
        <translation>{0} Presets gehören in ein Paket: Nennen Sie eine Datei, die auf {1} endet.</translation>
    </message>
    <message>
        <source>Exported: {0}.</source>
        <translation>Ausgegeben: {0}.</translation>
    </message>
    <message>
        <source>prompts along the region</source>
        <translation>Prompts entlang des Bereichs</translation>
    </message>
    <message>
        <source>fade between prompts, s</source>
        <translation>Übergang zwischen Prompts, s</translation>
    </message>
    <message>
        <source>bars</source>
        <translation>Takte</translation>
    </message>
    <message>
        <source>beats per bar</source>
        <translation>Schläge pro Takt</translation>
    </message>
    <message>
        <source>candidates per take</source>
        <translation>Kandidaten pro Take</translation>
    </message>
    <message>
        <source>channels</source>
        <translation>Kanäle</translation>
    </message>
    <message>
        <source>context, s</source>
        <translation>Kontext, s</translation>
    </message>
    <message>
        <source>context after, s</source>
        <translation>Kontext danach, s</translation>
    </message>
    <message>
        <source>context before, s</source>
        <translation>Kontext davor, s</translation>
    </message>
    <message>
        <source>seam, s</source>
        <translation>Naht, s</translation>
    </message>
    <message>
        <source>strength curve</source>
        <translation>Stärkekurve</translation>
    </message>
    <message>
        <source>low-pass, Hz</source>
        <translation>Tiefpass, Hz</translation>
    </message>
    <message>
        <source>high-pass, Hz</source>
        <translation>Hochpass, Hz</translation>
    </message>
    <message>
        <source>fresh noise per step</source>
        <translation>frisches Rauschen pro Schritt</translation>
    </message>
    <message>
        <source>fade-in, s</source>
        <translation>Einblenden, s</translation>
    </message>
    <message>
        <source>fade-out, s</source>
        <translation>Ausblenden, s</translation>
    </message>
    <message>
        <source>seam at the start, s</source>
        <translation>Naht am Anfang, s</translation>
    </message>
    <message>
        <source>seam at the end, s</source>
        <translation>Naht am Ende, s</translation>
    </message>
    <message>
        <source>guidance rests above noise share</source>
        <translation>Führung ruht über Rauschanteil</translation>
    </message>
    <message>
        <source>guidance rests below noise share</source>
        <translation>Führung ruht unter Rauschanteil</translation>
    </message>
    <message>
        <source>follow the guide's loudness</source>
        <translation>der Lautheit der Vorlage folgen</translation>
    </message>
    <message>
        <source>follow the guide's onsets</source>
        <translation>den Einsätzen der Vorlage folgen</translation>
    </message>
    <message>
        <source>band up to, Hz</source>
        <translation>Band bis, Hz</translation>
    </message>
    <message>
        <source>highs</source>
        <translation>Höhen</translation>
    </message>
    <message>
        <source>loop</source>
        <translation>Loop</translation>
    </message>
    <message>
        <source>match loudness</source>
        <translation>Lautheit angleichen</translation>
    </message>
    <message>
        <source>band from, Hz</source>
        <translation>Band ab, Hz</translation>
    </message>
    <message>
        <source>loudness, LUFS</source>
        <translation>Lautheit, LUFS</translation>
    </message>
    <message>
        <source>method</source>
        <translation>Verfahren</translation>
    </message>
    <message>
        <source>keep noise floor</source>
        <translation>Grundrauschen behalten</translation>
    </message>
    <message>
        <source>round-robin set</source>
        <translation>Round-Robin-Satz</translation>
    </message>
    <message>
        <source>quality</source>
        <translation>Qualität</translation>
    </message>
    <message>
        <source>rank takes</source>
        <translation>Takes ordnen</translation>
    </message>
    <message>
        <source>tries after a bad take</source>
        <translation>Versuche nach misslungenem Take</translation>
    </message>
    <message>
        <source>sampler</source>
        <translation>Sampler</translation>
    </message>
    <message>
        <source>length, s</source>
        <translation>Länge, s</translation>
    </message>
    <message>
        <source>what the region sounds like now</source>
        <translation>wie der Bereich jetzt klingt</translation>
    </message>
    <message>
        <source>stereo</source>
        <translation>Stereo</translation>
    </message>
    <message>
        <source>tempo, BPM</source>
        <translation>Tempo, BPM</translation>
    </message>
    <message>
        <source>tilt</source>
        <translation>Neigung</translation>
    </message>
    <message>
        <source>vary towards seed</source>
        <translation>Variation in Richtung Seed</translation>
    </message>
    <message>
        <source>true peak, dBTP</source>
        <translation>True Peak, dBTP</translation>
    </message>
    <message>
        <source>variation</source>
        <translation>Variation</translation>
    </message>
    <message>
        <source>stereo width</source>
        <translation>Stereobreite</translation>
    </message>
    <message>
        <source>joining of long regions</source>
        <translation>Fügung langer Bereiche</translation>
    </message>
    <message>
        <source>keep the recording's</source>
        <translation>von der Aufnahme</translation>
    </message>
    <message>
        <source>wide</source>
        <translation>breit</translation>
    </message>
    <message>
        <source>mono</source>
        <translation>mono</translation>
    </message>
    <message>
        <source>each channel its own</source>
        <translation>jeder Kanal für sich</translation>
    </message>
    <message>
        <source>automatic</source>
        <translation>automatisch</translation>
    </message>
    <message>
        <source>make from below</source>
        <translation>aus den Tiefen bilden</translation>
    </message>
    <message>
        <source>off</source>
        <translation>aus</translation>
    </message>
    <message>
        <source>plain noise</source>
        <translation>einfaches Rauschen</translation>
    </message>
    <message>
        <source>DDIM</source>
        <translation>DDIM</translation>
    </message>
    <message>
        <source>DDPM</source>
        <translation>DDPM</translation>
    </message>
    <message>
        <source>DPM-Solver++</source>
        <translation>DPM-Solver++</translation>
    </message>
    <message>
        <source>one after the other</source>
        <translation>nacheinander</translation>
    </message>
    <message>
        <source>averaged</source>
        <translation>gemittelt</translation>
    </message>
    <message>
        <source>taking turns</source>
        <translation>abwechselnd</translation>
    </message>
    <message>
        <source>moving borders</source>
        <translation>wandernde Grenzen</translation>
    </message>
    <message>
        <source>yes</source>
        <translation>ja</translation>
    </message>
    <message>
        <source>no</source>
        <translation>nein</translation>
    </message>
</context>
<context>
    <name>PresetEditor</name>
    <message>
        <source>Edit the preset {0}</source>
        <translation>Preset {0} bearbeiten</translation>
    </message>
    <message>
        <source>feet, wet, scene 14</source>
        <translation>Schritte, nass, Szene 14</translation>
    </message>
    <message>
        <source>from the prompt</source>
        <translation>aus dem Prompt</translation>
    </message>
    <message>
        <source>{boots|heels} on {surface}</source>
        <translation>{boots|heels} auf {surface}</translation>
    </message>
    <message>
        <source>as it is set</source>
        <translation>wie eingestellt</translation>
    </message>
    <message>
        <source>Generate</source>
        <translation>Erzeugen</translation>
    </message>
    <message>
        <source>Restyle</source>
        <translation>Umformen</translation>
    </message>
    <message>
        <source>Fill</source>
        <translation>Füllen</translation>
    </message>
    <message>
        <source>another each time</source>
        <translation>jedes Mal ein anderer</translation>
    </message>
    <message>
        <source>always the same</source>
        <translation>immer derselbe</translation>
    </message>
    <message>
        <source>Strength in percent</source>
        <translation>Stärke in Prozent</translation>
    </message>
    <message>
        <source>Takes</source>
        <translation>Takes</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>Schritte</translation>
    </message>
    <message>
        <source>Guidance</source>
        <translation>Führung</translation>
    </message>
    <message>
        <source>surface = gravel</source>
        <translation>surface = gravel</translation>
    </message>
    <message>
        <source>seconds = 3.0</source>
        <translation>seconds = 3.0</translation>
    </message>
    <message>
        <source>Add a setting</source>
        <translation>Einstellung dazu</translation>
    </message>
    <message>
        <source>Add a further setting of a request</source>
        <translation>Eine weitere Einstellung hinzufügen</translation>
    </message>
    <message>
        <source>Add an effect</source>
        <translation>Effekt dazu</translation>
    </message>
    <message>
        <source>Add an effect to the end of the chain</source>
        <translation>Einen Effekt ans Ende der Kette setzen</translation>
    </message>
    <message>
        <source>&amp;Name</source>
        <translation>&amp;Name</translation>
    </message>
    <message>
        <source>&amp;Tags</source>
        <translation>&amp;Tags</translation>
    </message>
    <message>
        <source>&amp;UCS category</source>
        <translation>&amp;UCS-Kategorie</translation>
    </message>
    <message>
        <source>&amp;Prompt</source>
        <translation>&amp;Prompt</translation>
    </message>
    <message>
        <source>S&amp;lots</source>
        <translation>P&amp;lätze</translation>
    </message>
    <message>
        <source>N&amp;ot</source>
        <translation>Nic&amp;ht</translation>
    </message>
    <message>
        <source>&amp;Mode</source>
        <translation>&amp;Modus</translation>
    </message>
    <message>
        <source>St&amp;rength</source>
        <translation>Stä&amp;rke</translation>
    </message>
    <message>
        <source>Not&amp;es</source>
        <translation>N&amp;otizen</translation>
    </message>
    <message>
        <source>&amp;1 Sound</source>
        <translation>&amp;1 Klang</translation>
    </message>
    <message>
        <source>&amp;Takes</source>
        <translation>&amp;Takes</translation>
    </message>
    <message>
        <source>&amp;Steps</source>
        <translation>Sch&amp;ritte</translation>
    </message>
    <message>
        <source>&amp;Guidance</source>
        <translation>&amp;Führung</translation>
    </message>
    <message>
        <source>S&amp;eed</source>
        <translation>S&amp;eed</translation>
    </message>
    <message>
        <source>Its &amp;number</source>
        <translation>Sein &amp;Wert</translation>
    </message>
    <message>
        <source>&amp;Model</source>
        <translation>&amp;Modell</translation>
    </message>
    <message>
        <source>Sett&amp;ings</source>
        <translation>E&amp;instellungen</translation>
    </message>
    <message>
        <source>E&amp;ffects</source>
        <translation>Effe&amp;kte</translation>
    </message>
    <message>
        <source>&amp;2 Making</source>
        <translation>&amp;2 Herstellung</translation>
    </message>
    <message>
        <source>{0} {1:g} to {2:g}</source>
        <translation>{0} {1:g} bis {2:g}</translation>
    </message>
    <message>
        <source>A plugin (VST3)</source>
        <translation>Ein Plug-in (VST3)</translation>
    </message>
</context>
<context>
    <name>PresetPicker</name>
    <message>
        <source>Presets</source>
        <translation>Presets</translation>
    </message>
    <message>
        <source>Search presets</source>
        <translation>Presets suchen</translation>
    </message>
    <message>
        <source>Search presets by words of name, tags or prompt</source>
        <translation>Presets suchen nach Wörtern aus Name, Tags oder Prompt</translation>
    </message>
    <message>
        <source>Group</source>
        <translation>Gruppe</translation>
    </message>
    <message>
        <source>Tag</source>
        <translation>Tag</translation>
    </message>
    <message>
        <source>Use</source>
        <translation>Verwenden</translation>
    </message>
    <message>
        <source>Take the preset's settings (Enter)</source>
        <translation>Die Einstellungen des Presets übernehmen (Eingabe)</translation>
    </message>
    <message>
        <source>Import…</source>
        <translation>Einlesen…</translation>
    </message>
    <message>
        <source>Import presets from files and packs</source>
        <translation>Presets aus Dateien und Paketen einlesen</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>Ausgeben…</translation>
    </message>
    <message>
        <source>Export the chosen presets</source>
        <translation>Die gewählten Presets ausgeben</translation>
    </message>
    <message>
        <source>Duplicate</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Copy the preset and edit the copy</source>
        <translation>Das Preset kopieren und die Kopie bearbeiten</translation>
    </message>
    <message>
        <source>Edit…</source>
        <translation>Bearbeiten…</translation>
    </message>
    <message>
        <source>Edit this preset of yours</source>
        <translation>Dieses eigene Preset bearbeiten</translation>
    </message>
    <message>
        <source>Delete…</source>
        <translation>Löschen…</translation>
    </message>
    <message>
        <source>Delete the chosen presets of yours</source>
        <translation>Die gewählten eigenen Presets löschen</translation>
    </message>
    <message>
        <source>Delete these {0} presets of yours?</source>
        <translation>Diese {0} eigenen Presets löschen?</translation>
    </message>
    <message>
        <source>{0} wants words here: fill this slot.</source>
        <translation>{0} braucht hier Wörter: Füllen Sie diesen Platz.</translation>
    </message>
    <message>
        <source>All groups</source>
        <translation>Alle Gruppen</translation>
    </message>
    <message>
        <source>All tags</source>
        <translation>Alle Tags</translation>
    </message>
    <message>
        <source>No preset has all of this.</source>
        <translation>Kein Preset hat all das.</translation>
    </message>
    <message>
        <source>words for {}</source>
        <translation>Wörter für {}</translation>
    </message>
    <message>
        <source>Slot: {0}</source>
        <translation>Platz: {0}</translation>
    </message>
    <message>
        <source>Delete your preset {0}?</source>
        <translation>Ihr Preset {0} löschen?</translation>
    </message>
</context>
<context>
    <name>PresetSaver</name>
    <message>
        <source>Save the settings as a preset</source>
        <translation>Die Einstellungen als Preset sichern</translation>
    </message>
    <message>
        <source>Save the take's preset</source>
        <translation>Den Take als Preset sichern</translation>
    </message>
    <message>
        <source>a name for the list</source>
        <translation>ein Name für die Liste</translation>
    </message>
    <message>
        <source>feet, wet, scene 14</source>
        <translation>Schritte, nass, Szene 14</translation>
    </message>
    <message>
        <source>Always with this &amp;seed</source>
        <translation>Immer mit diesem &amp;Seed</translation>
    </message>
    <message>
        <source>A preset has no mode Extend: this one will fill.</source>
        <translation>Ein Preset kennt kein Verlängern: Dieses wird füllen.</translation>
    </message>
    <message>
        <source>&amp;Name</source>
        <translation>&amp;Name</translation>
    </message>
    <message>
        <source>&amp;Tags</source>
        <translation>&amp;Tags</translation>
    </message>
    <message>
        <source>{0} Replace it?</source>
        <translation>{0} Ersetzen?</translation>
    </message>
</context>
<context>
    <name>PresetTravel</name>
    <message>
        <source>Presets and packs ({0})</source>
        <translation>Presets und Pakete ({0})</translation>
    </message>
    <message>
        <source>Import presets</source>
        <translation>Presets einlesen</translation>
    </message>
    <message>
        <source>Export presets</source>
        <translation>Presets ausgeben</translation>
    </message>
    <message>
        <source>&amp;Keep both</source>
        <translation>&amp;Beide behalten</translation>
    </message>
    <message>
        <source>&amp;Replace</source>
        <translation>&amp;Ersetzen</translation>
    </message>
</context>
<context>
    <name>PromptField</name>
    <message>
        <source>boots on wet gravel</source>
        <translation>boots on wet gravel</translation>
    </message>
    <message>
        <source>Prompt: what it should sound like</source>
        <translation>Prompt: wie es klingen soll</translation>
    </message>
</context>
<context>
    <name>SourceView</name>
    <message>
        <source>Scroll along the recording</source>
        <translation>Durch die Aufnahme rollen</translation>
    </message>
    <message>
        <source>How time is shown</source>
        <translation>Wie Zeit gezeigt wird</translation>
    </message>
    <message>
        <source>How time is shown: seconds, or pictures per second</source>
        <translation>Wie Zeit gezeigt wird: Sekunden oder Bilder pro Sekunde</translation>
    </message>
    <message>
        <source>seconds</source>
        <translation>Sekunden</translation>
    </message>
    <message>
        <source>{0:g} fps</source>
        <translation>{0:g} B/s</translation>
    </message>
    <message>
        <source>Select</source>
        <translation>Auswahl</translation>
    </message>
    <message>
        <source>Select the region: drag, or Shift and the arrow keys</source>
        <translation>Bereich wählen: ziehen, oder Umschalt und Pfeiltasten</translation>
    </message>
    <message>
        <source>Mask</source>
        <translation>Maske</translation>
    </message>
    <message>
        <source>Mask what is to be filled: drag, or M over the selection</source>
        <translation>Maskieren, was gefüllt wird: ziehen, oder M auf der Auswahl</translation>
    </message>
    <message>
        <source>Curve</source>
        <translation>Kurve</translation>
    </message>
    <message>
        <source>Draw how much is made anew at which time</source>
        <translation>Zeichnen, wie viel wann neu gemacht wird</translation>
    </message>
    <message>
        <source>Band</source>
        <translation>Band</translation>
    </message>
    <message>
        <source>Choose frequencies to be made anew, in the spectrum</source>
        <translation>Im Spektrum wählen, welche Frequenzen neu gemacht werden</translation>
    </message>
    <message>
        <source>Open…</source>
        <translation>Öffnen…</translation>
    </message>
    <message>
        <source>Open a recording</source>
        <translation>Eine Aufnahme öffnen</translation>
    </message>
    <message>
        <source>Close the recording</source>
        <translation>Die Aufnahme schließen</translation>
    </message>
    <message>
        <source>Play the selection, or from the caret</source>
        <translation>Die Auswahl spielen, oder ab der Marke</translation>
    </message>
    <message>
        <source>Spectrum</source>
        <translation>Spektrum</translation>
    </message>
    <message>
        <source>Show frequencies instead of the waveform</source>
        <translation>Frequenzen statt der Wellenform zeigen</translation>
    </message>
    <message>
        <source>All</source>
        <translation>Alles</translation>
    </message>
    <message>
        <source>Show all of the recording</source>
        <translation>Die ganze Aufnahme zeigen</translation>
    </message>
    <message>
        <source>Region</source>
        <translation>Bereich</translation>
    </message>
    <message>
        <source>Show the selection</source>
        <translation>Die Auswahl zeigen</translation>
    </message>
    <message>
        <source>Sounds ({0});;All files (*)</source>
        <translation>Klänge ({0});;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>New sound</source>
        <translation>Neuer Klang</translation>
    </message>
    <message>
        <source>caret {0}</source>
        <translation>Marke {0}</translation>
    </message>
    <message>
        <source>{0} to {1}, {2:.3f} s</source>
        <translation>{0} bis {1}, {2:.3f} s</translation>
    </message>
    <message>
        <source>{0} masked</source>
        <translation>{0} maskiert</translation>
    </message>
    <message>
        <source>strength curve</source>
        <translation>Stärkekurve</translation>
    </message>
    <message>
        <source>{0:g} to {1:g} Hz</source>
        <translation>{0:g} bis {1:g} Hz</translation>
    </message>
    <message>
        <source>{0:g} kHz, {1} ch</source>
        <translation>{0:g} kHz, {1} Kan.</translation>
    </message>
</context>
<context>
    <name>StatusLine</name>
    <message>
        <source>Try again</source>
        <translation>Noch einmal</translation>
    </message>
    <message>
        <source>Look for the engine now</source>
        <translation>Jetzt nach der Engine sehen</translation>
    </message>
    <message>
        <source>Engine: {0}</source>
        <translation>Engine: {0}</translation>
    </message>
    <message>
        <source>Starting the engine…</source>
        <translation>Die Engine startet…</translation>
    </message>
    <message>
        <source>Engine ready</source>
        <translation>Engine bereit</translation>
    </message>
    <message>
        <source>The model can't be started; look into Models, or run punchin doctor.</source>
        <translation>Das Modell startet nicht; sehen Sie unter Modelle nach, oder rufen Sie punchin doctor auf.</translation>
    </message>
    <message>
        <source>{0} running, {1} waiting</source>
        <translation>{0} laufen, {1} warten</translation>
    </message>
    <message>
        <source>idle</source>
        <translation>ruht</translation>
    </message>
    <message>
        <source>{0:.0f} MB</source>
        <translation>{0:.0f} MB</translation>
    </message>
</context>
<context>
    <name>TakeDelegate</name>
    <message>
        <source>{0:.2f} s</source>
        <translation>{0:.2f} s</translation>
    </message>
    <message>
        <source>best</source>
        <translation>bester</translation>
    </message>
    <message>
        <source>no. {0}</source>
        <translation>Nr. {0}</translation>
    </message>
    <message>
        <source>live draft (K keeps it)</source>
        <translation>Live-Entwurf (K behält ihn)</translation>
    </message>
    <message>
        <source>marked (X compares)</source>
        <translation>markiert (X vergleicht)</translation>
    </message>
    <message>
        <source>kept</source>
        <translation>behalten</translation>
    </message>
    <message>
        <source>seed {0}</source>
        <translation>Seed {0}</translation>
    </message>
</context>
<context>
    <name>TakesList</name>
    <message>
        <source>Takes</source>
        <translation>Takes</translation>
    </message>
</context>
<context>
    <name>TakesSearch</name>
    <message>
        <source>Search takes (Ctrl+F)</source>
        <translation>Takes suchen (Strg+F)</translation>
    </message>
    <message>
        <source>Search takes</source>
        <translation>Takes suchen</translation>
    </message>
    <message>
        <source>Show only takes that are kept</source>
        <translation>Nur behaltene Takes zeigen</translation>
    </message>
    <message>
        <source>Kept</source>
        <translation>Behalten</translation>
    </message>
    <message>
        <source>Show only takes with a star</source>
        <translation>Nur Takes mit Stern zeigen</translation>
    </message>
    <message>
        <source>Cancel all</source>
        <translation>Alle abbrechen</translation>
    </message>
    <message>
        <source>Cancel everything that waits or renders</source>
        <translation>Alles abbrechen, was wartet oder rechnet</translation>
    </message>
    <message>
        <source>Model that made the takes</source>
        <translation>Modell, das die Takes gemacht hat</translation>
    </message>
    <message>
        <source>When the takes were made</source>
        <translation>Wann die Takes entstanden</translation>
    </message>
    <message>
        <source>all models</source>
        <translation>alle Modelle</translation>
    </message>
    <message>
        <source>Show all takes again</source>
        <translation>Wieder alle Takes zeigen</translation>
    </message>
</context>
<context>
    <name>TakesView</name>
    <message>
        <source>Play the take alone, or stop (Space)</source>
        <translation>Den Take allein spielen, oder anhalten (Leertaste)</translation>
    </message>
    <message>
        <source>In place</source>
        <translation>Im Umfeld</translation>
    </message>
    <message>
        <source>Play the take in its place (Shift+Space)</source>
        <translation>Den Take an seiner Stelle spielen (Umschalt+Leertaste)</translation>
    </message>
    <message>
        <source>Switch between take and original, equally loud (C)</source>
        <translation>Zwischen Take und Original wechseln, gleich laut (C)</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>Behalten</translation>
    </message>
    <message>
        <source>Keep: never prune it, or no longer (K)</source>
        <translation>Behalten: nie aufräumen, oder nicht mehr (K)</translation>
    </message>
    <message>
        <source>Star, or no longer (S)</source>
        <translation>Stern, oder nicht mehr (S)</translation>
    </message>
    <message>
        <source>Discard</source>
        <translation>Verwerfen</translation>
    </message>
    <message>
        <source>Discard: file into the trash (Delete)</source>
        <translation>Verwerfen: Datei in den Papierkorb (Entf)</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Werte</translation>
    </message>
    <message>
        <source>Copy the take's settings back</source>
        <translation>Die Werte des Takes zurückholen</translation>
    </message>
    <message>
        <source>More…</source>
        <translation>Mehr…</translation>
    </message>
    <message>
        <source>More to do with the take</source>
        <translation>Mehr mit dem Take tun</translation>
    </message>
    <message>
        <source>Mark a take with M and choose another: X then switches between them.</source>
        <translation>Markieren Sie einen Take mit M und wählen Sie einen anderen: X schaltet dann zwischen beiden um.</translation>
    </message>
    <message>
        <source>The draft is kept now: drag it once more.</source>
        <translation>Der Entwurf ist jetzt behalten: Ziehen Sie ihn noch einmal.</translation>
    </message>
    <message>
        <source>Export takes into a folder</source>
        <translation>Takes in einen Ordner ausgeben</translation>
    </message>
    <message>
        <source>Compare with the marked take	X</source>
        <translation>Mit dem markierten Take vergleichen	X</translation>
    </message>
    <message>
        <source>Compare with it in place	Shift+X</source>
        <translation>An seinem Platz mit ihm vergleichen	Umschalt+X</translation>
    </message>
    <message>
        <source>Vary this take</source>
        <translation>Diesen Take variieren</translation>
    </message>
    <message>
        <source>Save as a preset…</source>
        <translation>Als Preset sichern…</translation>
    </message>
    <message>
        <source>Open as the recording</source>
        <translation>Als Aufnahme öffnen</translation>
    </message>
    <message>
        <source>Show the folder</source>
        <translation>Den Ordner zeigen</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>Ausgeben…</translation>
    </message>
    <message>
        <source>Cancel the job</source>
        <translation>Den Auftrag abbrechen</translation>
    </message>
    <message>
        <source>Stars</source>
        <translation>Sterne</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>No longer marked	M</source>
        <translation>Nicht mehr markiert	M</translation>
    </message>
    <message>
        <source>Mark, to compare others with it	M</source>
        <translation>Markieren, um andere damit zu vergleichen	M</translation>
    </message>
    <message>
        <source>A: take</source>
        <translation>A: Take</translation>
    </message>
    <message>
        <source>B: this take</source>
        <translation>B: dieser Take</translation>
    </message>
    <message>
        <source>B: original</source>
        <translation>B: Original</translation>
    </message>
    <message>
        <source>A: marked take</source>
        <translation>A: markierter Take</translation>
    </message>
</context>
<context>
    <name>WaveformView</name>
    <message>
        <source>Recording</source>
        <translation>Aufnahme</translation>
    </message>
    <message>
        <source>No recording is open.</source>
        <translation>Keine Aufnahme ist offen.</translation>
    </message>
    <message>
        <source>{0}, {1} long</source>
        <translation>{0}, {1} lang</translation>
    </message>
    <message>
        <source>Drop a recording here, or open one (Ctrl+O).
Without one, new sounds are made.</source>
        <translation>Legen Sie hier eine Aufnahme ab, oder öffnen Sie eine (Strg+O).
Ohne Aufnahme entstehen neue Klänge.</translation>
    </message>
</context>
<context>
    <name>Welcome</name>
    <message>
        <source>Take this as the prompt</source>
        <translation>Das als Prompt nehmen</translation>
    </message>
    <message>
        <source>No takes yet</source>
        <translation>Noch keine Takes</translation>
    </message>
    <message>
        <source>Type what you want to hear and press Generate: a new sound.</source>
        <translation>Schreiben Sie auf Englisch, was Sie hören wollen, und drücken Sie Erzeugen: ein neuer Klang.</translation>
    </message>
    <message>
        <source>Or drop a recording above and select a region: it is restyled in place, exactly.</source>
        <translation>Oder legen Sie oben eine Aufnahme ab und wählen Sie einen Bereich: er wird an Ort und Stelle umgeformt.</translation>
    </message>
    <message>
        <source>Space plays a take, C compares it with the original. Drag a take onto any track.</source>
        <translation>Leertaste spielt einen Take, C vergleicht mit dem Original. Ziehen Sie Takes auf jede Spur.</translation>
    </message>
    <message>
        <source>The engine is being started. It renders on this machine; no network.</source>
        <translation>Die Engine startet. Sie rechnet auf diesem Rechner, ohne Netz.</translation>
    </message>
</context>
<context>
    <name>Window</name>
    <message>
        <source>Menu</source>
        <translation>Menü</translation>
    </message>
    <message>
        <source>Models, presets, sound device, colours</source>
        <translation>Modelle, Presets, Tonausgabe, Farben</translation>
    </message>
    <message>
        <source>Models…</source>
        <translation>Modelle…</translation>
    </message>
    <message>
        <source>Presets…</source>
        <translation>Presets…</translation>
    </message>
    <message>
        <source>Save the settings as a preset…</source>
        <translation>Die Einstellungen als Preset sichern…</translation>
    </message>
    <message>
        <source>Sound device</source>
        <translation>Tonausgabe</translation>
    </message>
    <message>
        <source>Light colours</source>
        <translation>Helle Farben</translation>
    </message>
    <message>
        <source>Stay on top</source>
        <translation>Immer im Vordergrund</translation>
    </message>
    <message>
        <source>Look for earlier takes</source>
        <translation>Nach früheren Takes sehen</translation>
    </message>
    <message>
        <source>The system's own</source>
        <translation>Die des Systems</translation>
    </message>
    <message>
        <source>None (silent)</source>
        <translation>Keine (stumm)</translation>
    </message>
</context>
</TS>
