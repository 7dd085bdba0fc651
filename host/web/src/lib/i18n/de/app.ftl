## Everywhere
required = erforderlich
close = Schließen
cancel = Abbrechen
save = Speichern
saved = Gespeichert
back = Zurück
next = Weiter
yes = Ja
no = Nein
on = Ein
off = Aus
choose = Auswählen…
choices = Auswahl
clear = Leeren
remove = Entfernen
download = Herunterladen
dismiss = Ausblenden
search = Suchen
filter = Filter
loading = Lädt…
nothing-found = Nichts gefunden
nothing-found-text = Andere Wörter oder ein anderer Filter helfen vielleicht.
try-again = Noch einmal versuchen
show-more = Mehr anzeigen
show-all = Alle anzeigen
just-now = gerade eben
state = Zustand
all-states = Alle Zustände
person = Person
name = Name
language = Sprache
from = Von
until = Bis
you = Sie
you-inside = Ihnen
nobody = niemand
somebody = Jemand
somebody-gone = Jemand, der nicht mehr da ist
an-api-key = Ein API-Schlüssel
the-system = Das System
holder-role = alle mit der Rolle „{ $name }“
holder-team = ein Team
holder-department = eine Abteilung
find-person = Person suchen
find-record = Datensatz suchen
more-actions = Weitere Aktionen
failed-title = Das hat nicht geklappt
failed-forbidden = Das dürfen Sie nicht sehen
failed-missing = Hier ist nichts
unread = ungelesen

## The frame
skip = Zum Inhalt springen
navigation = Navigation
breadcrumbs = Wo Sie sind
nav-operate = Betrieb
nav-build = Gestalten
nav-people = Personen
nav-settings = Einstellungen
account-menu = Ihr Konto: { $name }
shortcuts = Tastenkürzel
shortcut-filter = Auf der Seite suchen
shortcut-next = Nächste Aufgabe
shortcut-previous = Vorherige Aufgabe
theme = Darstellung
theme-system = Wie das System
theme-light = Hell
theme-dark = Dunkel
sign-out = Abmelden
open-tasks = offene Aufgaben
connection-lost = Die Verbindung ist unterbrochen. Was Sie geschrieben haben, bleibt erhalten; die Seite macht von selbst weiter.
palette-hint = Gehe zu, starte oder finde…
palette-page = Seite
palette-task = Aufgabe
palette-start = Starten
palette-person = Person

page-home = Startseite
page-tasks = Aufgaben
page-task = Aufgabe
page-start = Starten
page-start-one = Starten
page-requests = Vorgänge
page-request = Vorgang
page-notifications = Mitteilungen
page-profile = Ihr Profil
page-records = Datensätze
page-collection = Datensätze
page-runs = Läufe
page-run = Lauf
page-incidents = Störungen
page-jobs = Aufträge
page-workflows = Workflows
page-workflow = Workflow
page-components = Komponenten
page-component = Komponente
page-execution = Aufruf
page-forms = Formulare
page-form = Formular
page-people = Personen
page-person = Person
page-departments = Abteilungen
page-teams = Teams
page-roles = Rollen
page-keys = API-Schlüssel
page-policy = Anmeldung
page-organisation = Organisation
page-mails = E-Mail-Protokoll
page-audit = Protokoll
page-missing = Diese Seite gibt es nicht
page-missing-text = Vielleicht ist die Adresse falsch geschrieben, oder was hier war, ist weg.
page-forbidden-text = Diese Seite braucht die Berechtigung { $permission }. Ein Administrator kann Ihnen eine Rolle geben, die sie hat.
notifications-unread = Mitteilungen: { $count } ungelesen

## Coming in
sign-in = Anmelden
sign-in-title = Anmelden
mail-address = E-Mail-Adresse
password = Passwort
code = Code
code-hint = Aus Ihrer Authenticator-App, oder ein Wiederherstellungscode.
session-ended = Noch einmal anmelden
session-ended-text = Ihre Sitzung ist zu Ende. Alles auf dieser Seite bleibt erhalten.

## Home
greeting-morning = Guten Morgen, { $name }
greeting-day = Guten Tag, { $name }
greeting-evening = Guten Abend, { $name }
home-open =
    { $count ->
        [one] Eine Aufgabe wartet auf Sie.
       *[other] { $count } Aufgaben warten auf Sie.
    }
home-late =
    { $count ->
        [one] Eine ist überfällig.
       *[other] { $count } sind überfällig.
    }
home-none = Nichts wartet auf Sie.
home-tasks = Ihre nächsten Aufgaben
home-requests = Ihre Vorgänge
tile-open = warten auf Sie
tile-mine = nur Ihre
tile-late = überfällig

## Tasks
queue = Aufgaben, die auf Sie warten
tasks-all = Alle
tasks-mine = Meine
tasks-empty = Alles erledigt
tasks-empty-text = Neue Aufgaben erscheinen hier von selbst.
tasks-empty-mine = Nichts gehört Ihnen allein. Übernehmen Sie unter „Alle“ eine Aufgabe, um sie ungestört zu bearbeiten.
task-none = Wählen Sie eine Aufgabe
task-none-text = Wählen Sie eine aus der Liste, oder gehen Sie mit J und K hindurch.
task-first = Erste öffnen
tab-task = Aufgabe
tab-progress = Verlauf
tab-comments = Kommentare
about = Worum es geht
decide = Entscheiden
due = Fällig
was-due = War fällig
priority-low = Niedrige Priorität
priority-normal = Normale Priorität
priority-high = Hohe Priorität
priority-urgent = Dringend
claim = Übernehmen
claimed = Sie gehört jetzt Ihnen.
claimed-by = Übernommen von { $who }
release = Freigeben
released = Alle Gefragten können sie wieder erledigen.
asked = Gefragt: { $who }
delegate = Delegieren
delegate-text = Jemand anderes erledigt diese Aufgabe für Sie. Sie sehen weiter, wie es vorangeht.
delegated = { $who } erledigt sie jetzt.
add-signer = Noch jemanden fragen
add-signer-text = Eine weitere Person muss entscheiden.
signer-added = { $who } wird auch gefragt.
signing-all = { $done } von { $all } haben entschieden
signing-votes = { $done } von { $votes } nötigen Stimmen
votes = Wer was entschieden hat
vote = { $who }: „{ $choice }“
task-done = „{ $choice }“ für „{ $task }“
ended-you = Sie haben „{ $choice }“ gewählt
meanwhile-done = { $who } hat inzwischen „{ $choice }“ gewählt. Hier ist nichts mehr zu tun.
meanwhile-closed = Der Prozess braucht diese Aufgabe nicht mehr. Hier ist nichts mehr zu tun.
meanwhile-claimed = { $who } hat die Aufgabe inzwischen übernommen.
why-not-the-task-has-ended = Die Aufgabe ist beendet.
why-not-somebody-else-has-claimed-the-task = Jemand anderes hat die Aufgabe übernommen.
why-not-you-are-not-asked-to-do-this-task = Sie sind zu dieser Aufgabe nicht gefragt.
why-not-it-is-not-your-turn-yet = Sie sind noch nicht an der Reihe.
why-not-you-have-chosen-already = Sie haben schon entschieden.
why-not-you-did-a-step-of-this-run-after-which-somebody-else-has-to-do-this-one = Das muss jemand anderes tun, weil Sie einen Schritt davor erledigt haben.
comment = Kommentar
comment-hint = Sagen Sie etwas dazu…
comments-empty = Noch hat niemand etwas gesagt.
mention = Jemandem Bescheid geben
mention-hint = Die Person wird benachrichtigt und sieht den Vorgang von da an.
remove-person = { $who } entfernen
told = Benachrichtigt: { $who }
send = Senden
run-started = Gestartet von { $who },
run-ended = beendet
run-started-on = Gestartet
waits-for = Wartet auf „{ $step }“

## Forms
steps = Schritte
step = Schritt { $number }
row = Zeile { $number }
rows =
    { $count ->
        [one] 1 Zeile
       *[other] { $count } Zeilen
    }
add-row = Zeile hinzufügen
remove-row = Zeile { $number } entfernen
move-up = Nach oben
move-down = Nach unten
amount = Betrag
currency = Währung
calculated-later = Wird beim Senden berechnet
form-unseen = Sie dürfen das Formular „{ $form }“ nicht sehen. Ein Administrator kann einer Ihrer Rollen eine Regel für diese Sammlung geben.
file-later = Dateien können hinzugefügt werden, sobald gespeichert ist.
rating-of = { $value } von { $most }
sign-as = Als { $name } unterschreiben
sign-again = Neu unterschreiben
invalid-required = „{ $field }“ wird gebraucht.
invalid-minLength = Mindestens { $limit } Zeichen.
invalid-maxLength = Höchstens { $limit } Zeichen.
invalid-minimum = Mindestens { $limit }.
invalid-maximum = Höchstens { $limit }.
invalid-exclusiveMinimum = Mehr als { $limit }.
invalid-exclusiveMaximum = Weniger als { $limit }.
invalid-minItems = Mindestens { $limit }.
invalid-maxItems = Höchstens { $limit }.
invalid-multipleOf = Ein Vielfaches von { $limit }.
invalid-enum = Wählen Sie etwas aus der Liste.
invalid-const = Das ist nicht der Wert, der gebraucht wird.
invalid-pattern = So wird das nicht geschrieben.
invalid-format = So wird das nicht geschrieben.
invalid-uniqueItems = Jedes nur einmal.
invalid-other = Das geht so nicht.
invalid-kind-text = Eine Zeile Text.
invalid-kind-number = Eine Zahl, etwa 12,5.
invalid-kind-decimal = Eine Zahl, etwa 12,50.
invalid-kind-money = Ein Betrag, etwa 12,50, und eine Währung, etwa EUR.
invalid-kind-date = Ein Datum.
invalid-kind-time = Eine Uhrzeit, etwa 09:30.
invalid-kind-date-time = Ein Datum und eine Uhrzeit.

## Start and requests
start = Starten
start-text = Was Sie in Gang setzen können.
start-search = Suchen, was starten soll
start-empty = Noch gibt es nichts zu starten
start-empty-text = Sobald ein Workflow veröffentlicht ist, steht er hier.
start-stopped = Hier kann im Moment nichts Neues gestartet werden
start-stopped-text = Was läuft, läuft weiter. Fragen Sie, wer den Workflow verwaltet.
start-input = Worum es geht
start-input-hint = Ein Text, eine Zahl oder JSON. Dieser Workflow hat kein Formular.
start-key = Mehr
start-key-label = Nummer oder Schlüssel
start-key-hint = Woran Sie es erkennen, etwa eine Bestellnummer. Solange es läuft, wird damit nichts Zweites gestartet.
started = „{ $workflow }“ läuft.
started-before = Es lief schon.
requests-text = Was Sie gestartet haben und woran Sie beteiligt waren.
requests-empty = Sie haben noch keine Vorgänge
requests-empty-text = Was Sie starten und woran Sie beteiligt sind, steht hier mit seinem Fortschritt.
run-state-running = Läuft
run-state-suspended = Angehalten
run-state-incident = Hängt fest
run-state-completed = Abgeschlossen
run-state-failed = Fehlgeschlagen
run-state-cancelled = Abgebrochen
plain-completed = Es ist fertig: { $status }.
plain-failed = Es ist fehlgeschlagen: { $reason }
plain-cancelled = Es wurde abgebrochen. { $reason }
plain-suspended = Es ist vorerst angehalten. Ein Administrator kann es weiterlaufen lassen.
plain-incident = Es hängt fest: Ein Schritt ist fehlgeschlagen. Wer es verwaltet, sieht das und kann es noch einmal versuchen.
plain-cancelling = Es wird abgebrochen.
plain-working = Es wird bearbeitet. Niemand muss etwas tun.
plain-waits = Wartet auf „{ $step }“ (bei { $who }).
plain-waits-many =
    { $count ->
        [one] Wartet auf „{ $step }“ ({ $who }) und eine weitere Aufgabe.
       *[other] Wartet auf „{ $step }“ ({ $who }) und { $count } weitere Aufgaben.
    }
incident-told = Sie müssen nichts tun. Nichts geht verloren.
picture = Bild des Prozesses
picture-of = Der Prozess „{ $name }“: von jedem Zustand zum nächsten.
timeline = Was geschah
open-now = Jetzt offen
run-input = Was eingegeben wurde
run-result = Ergebnis

history-started = Es begann
history-started-by = Gestartet von: { $who }
history-task-done = { $who }: „{ $choice }“ für „{ $step }“
history-task-due = „{ $step }“ wurde überfällig
history-timer = Die Zeit von „{ $name }“ ist gekommen
history-effect-done = „{ $name }“ wurde ausgeführt
history-effect-failed = „{ $name }“ konnte nicht ausgeführt werden
history-child-ended = Der Teil „{ $name }“ ist beendet
history-signal = Die Nachricht „{ $name }“ traf ein
history-service-level = { $percent } % der Zeit für „{ $name }“ sind vergangen
history-cancel = Abgebrochen von: { $who }
history-moved = Jetzt: { $status }
history-opens = Fragt nach „{ $step }“
history-notifies = Jemand wurde benachrichtigt
history-runs = Führt „{ $name }“ aus
history-starts = Startet „{ $name }“
history-completes = Es ist fertig
history-fails = Es ist fehlgeschlagen: { $reason }
history-delayed = Ein Schritt wird noch einmal versucht: { $when }
history-incident = Ein Schritt ist fehlgeschlagen
history-retried = Noch einmal versucht von: { $who }
history-suspended = Angehalten von: { $who }
history-resumed = Weiterlaufen gelassen von: { $who }
history-cancel-asked = Abbruch gewünscht von: { $who }
history-ended = Das System hat es beendet: { $state }
history-migrated = Von Version { $from } auf { $to } umgestellt
history-call = Der Aufruf dahinter

## Notifications
notifications-empty = Nichts Neues
notifications-empty-text = Hier steht, wenn jemand Sie erwähnt oder ein Prozess etwas zu sagen hat.
notice-mention = { $who } hat Sie erwähnt
notice-of = Neues von „{ $workflow }“
mark-all-read = Alle als gelesen markieren

## Profile
profile = Profil
language-hint = Dieser Anwendung und der E-Mails an Sie.
notify-by-mail = Auch per E-Mail
notify-by-mail-hint = Jede Mitteilung kommt auch per E-Mail.
absence = Abwesenheit
absence-text = Jemand erledigt Ihre Aufgaben, während Sie weg sind.
absence-now = Abwesend von { $from } bis { $until }. Ihre Vertretung: { $who }.
absence-set = Abwesenheit eintragen
absence-end = Ich bin wieder da
absence-incomplete = Sagen Sie, von wann bis wann, und wer Sie vertritt.
absence-by-others = Wer Ihre Personen verwaltet, kann eine Vertretung eintragen.
deputy = Vertretung
password-old = Heutiges Passwort
password-new = Neues Passwort
password-again = Neues Passwort noch einmal
password-hint = Ein paar ungewöhnliche Wörter sind besser als Sonderzeichen.
password-change = Passwort ändern
password-changed = Das Passwort ist geändert. Ihre anderen Sitzungen sind zu Ende.
passwords-differ = Die beiden sind nicht gleich.
second-factor = Zweiter Faktor
second-factor-text = Zusätzlich zum Passwort ein Code aus einer App auf Ihrem Telefon.
factor-owed = Richten Sie zuerst einen zweiten Faktor ein
factor-owed-text = Ihre Organisation verlangt einen zweiten Faktor. Richten Sie Ihren ein, dann öffnet sich alles andere.
factor-set-up = Einrichten
factor-remove = Entfernen
factor-removed = Der zweite Faktor ist entfernt.
factor-on = Der zweite Faktor ist eingerichtet.
factor-secret-text = Fügen Sie in Ihrer Authenticator-App ein Konto hinzu und tippen Sie dort diesen Schlüssel ein. Geben Sie dann den Code ein, den sie zeigt.
proof-hint = Als Nachweis, dass Sie es sind.
recovery-text = Bewahren Sie diese Wiederherstellungscodes sicher auf. Jeder gilt einmal, wenn Sie Ihr Telefon nicht haben.
recovery-kept = Ich habe sie aufbewahrt
sessions = Wo Sie angemeldet sind
this-session = Diese hier
end-session = Beenden
end-others = Alle anderen beenden
session-ended-done = Die Sitzung ist beendet.
unknown-client = Ein unbekanntes Programm

## What the host refuses
problem-unknown = Etwas ging schief. Versuchen Sie es noch einmal; wenn es so bleibt, sagen Sie es Ihrem Administrator.
problem-unreachable = Der Server ist nicht erreichbar. Vielleicht ist Ihre Verbindung unterbrochen; was Sie geschrieben haben, bleibt erhalten.
problem-unexpected-answer = Der Server hat anders geantwortet als erwartet. Versuchen Sie es gleich noch einmal.
problem-unauthenticated = Sie sind nicht angemeldet.
problem-sign-in-refused = Kein aktives Konto hat diese E-Mail-Adresse und dieses Passwort.
problem-code-needed = Geben Sie den Code Ihres zweiten Faktors ein.
problem-code-wrong = Der Code ist falsch. Codes gelten etwa eine Minute, und einmal.
problem-password-wrong = Das ist nicht Ihr heutiges Passwort.
problem-password-expired = Ihr Passwort ist zu alt. Setzen Sie unter „Passwort vergessen“ ein neues.
problem-too-many-attempts = Zu viele Versuche sind fehlgeschlagen. Versuchen Sie es in { $seconds } Sekunden wieder.
problem-too-many-requests = Zu viele Anfragen. Versuchen Sie es in { $seconds } Sekunden wieder.
problem-sign-in-busy = Zu viele melden sich gleichzeitig an. Versuchen Sie es gleich noch einmal.
problem-second-factor-needed = Richten Sie zuerst Ihren zweiten Faktor ein.
problem-tenant-suspended = Die Organisation ist im Moment gesperrt. Alles bleibt erhalten.
problem-tenant-read-only = Im Moment kann nichts geändert werden. Lesen geht weiter.
problem-not-allowed =
    { $permission ->
        [none] Das dürfen Sie nicht. { $detail }
       *[other] Das dürfen Sie nicht: Es braucht die Berechtigung { $permission }. Ein Administrator kann Ihnen eine Rolle geben, die sie hat.
    }
problem-not-found = Es ist nicht da, oder Sie dürfen es nicht sehen.
problem-conflict = Jemand hat dasselbe zur selben Zeit geändert. Versuchen Sie es noch einmal.
problem-precondition-failed = Jemand anderes hat es inzwischen geändert. Sehen Sie es noch einmal an und entscheiden Sie neu.
problem-not-valid = Einige Felder stimmen noch nicht.
problem-too-large = Es ist zu groß: höchstens { $limit } Bytes.
problem-internal = Der Server hat versagt. Es ist vermerkt; versuchen Sie es gleich noch einmal.
problem-no-such-reference = Es nennt etwas, das nicht da ist. { $detail }
problem-not-unique = Ein anderer Datensatz hat schon denselben Wert.
problem-task-ended = Die Aufgabe ist beendet.
problem-starts-stopped = Neue Läufe sind im Moment gestoppt. Was läuft, läuft weiter.
problem-not-published = Keine Version dieses Workflows ist veröffentlicht.
