## Everywhere
required = required
close = Close
cancel = Cancel
save = Save
saved = Saved
back = Back
next = Next
yes = Yes
no = No
on = On
off = Off
choose = Choose…
choices = Choices
clear = Clear
remove = Remove
download = Download
dismiss = Dismiss
search = Search
filter = Filter
loading = Loading…
nothing-found = Nothing found
nothing-found-text = Try other words or another filter.
try-again = Try again
show-more = Show more
show-all = Show all
just-now = just now
state = State
all-states = All states
person = Person
name = Name
language = Language
from = From
until = Until
you = You
you-inside = you
nobody = nobody
somebody = Somebody
somebody-gone = Somebody who left
an-api-key = An API key
the-system = The system
holder-role = everybody with the role “{ $name }”
holder-team = a team
holder-department = a department
find-person = Find a person
find-record = Find a record
more-actions = More actions
failed-title = This did not work
failed-forbidden = You may not see this
failed-missing = There is nothing here
unread = unread

## The frame
skip = Skip to content
navigation = Navigation
breadcrumbs = Where you are
nav-operate = Operate
nav-build = Build
nav-people = People
nav-settings = Settings
account-menu = Your account: { $name }
shortcuts = Keyboard shortcuts
shortcut-filter = Search on the page
shortcut-next = Next task
shortcut-previous = Previous task
theme = Appearance
theme-system = Like the system
theme-light = Light
theme-dark = Dark
sign-out = Sign out
open-tasks = open tasks
connection-lost = The connection is lost. What you typed is kept; this page goes on by itself when it is back.
palette-hint = Go to, start, or find…
palette-page = Page
palette-task = Task
palette-start = Start
palette-person = Person

page-home = Home
page-tasks = Tasks
page-task = Task
page-start = Start
page-start-one = Start
page-requests = Requests
page-request = Request
page-notifications = Notifications
page-profile = Your profile
page-records = Records
page-collection = Records
page-runs = Runs
page-run = Run
page-incidents = Incidents
page-jobs = Jobs
page-workflows = Workflows
page-workflow = Workflow
page-components = Components
page-component = Component
page-execution = Call
page-forms = Forms
page-form = Form
page-people = People
page-person = Person
page-departments = Departments
page-teams = Teams
page-roles = Roles
page-keys = API keys
page-policy = Sign-in
page-organisation = Organisation
page-mails = Mail log
page-audit = Audit
page-missing = There is no such page
page-missing-text = The address may be mistyped, or what was here is gone.
page-forbidden-text = This page needs the permission { $permission }. An administrator can give you a role that has it.
notifications-unread = Notifications: { $count } unread

## Coming in
sign-in = Sign in
sign-in-title = Sign in
mail-address = Mail address
password = Password
code = Code
code-hint = From your authenticator app, or a recovery code.
session-ended = Sign in again
session-ended-text = Your session ended. Everything on this page is kept.

## Home
greeting-morning = Good morning, { $name }
greeting-day = Hello, { $name }
greeting-evening = Good evening, { $name }
home-open =
    { $count ->
        [one] One task waits for you.
       *[other] { $count } tasks wait for you.
    }
home-late =
    { $count ->
        [one] One is late.
       *[other] { $count } are late.
    }
home-none = Nothing waits for you.
home-tasks = Your next tasks
home-requests = Your requests
tile-open = waiting for you
tile-mine = yours alone
tile-late = late

## Tasks
queue = Tasks that wait for you
tasks-all = All
tasks-mine = Mine
tasks-empty = All done
tasks-empty-text = New tasks appear here by themselves.
tasks-empty-mine = Nothing is yours alone. Claim a task under “All” to work on it undisturbed.
task-none = Choose a task
task-none-text = Choose one from the list, or go through them with J and K.
task-first = Open the first
tab-task = Task
tab-progress = Progress
tab-comments = Comments
about = What it is about
decide = Decide
due = Due
was-due = Was due
priority-low = Low priority
priority-normal = Normal priority
priority-high = High priority
priority-urgent = Urgent
claim = Claim
claimed = It is yours now.
claimed-by = Claimed by { $who }
release = Release
released = Everybody who was asked can do it again.
asked = Asked: { $who }
delegate = Delegate
delegate-text = Somebody else does this task in your place. You keep seeing how it goes.
delegated = { $who } does it now.
add-signer = Ask somebody more
add-signer-text = One more person has to decide.
signer-added = { $who } is asked too.
signing-all = { $done } of { $all } have decided
signing-votes = { $done } of { $votes } needed votes
votes = Who decided what
vote = { $who } chose “{ $choice }”
task-done = “{ $choice }” for “{ $task }”
ended-you = You chose “{ $choice }”
meanwhile-done = { $who } chose “{ $choice }” meanwhile. Nothing is left to do here.
meanwhile-closed = The process needs this task no more. Nothing is left to do here.
meanwhile-claimed = { $who } has claimed the task meanwhile.
why-not-the-task-has-ended = The task has ended.
why-not-somebody-else-has-claimed-the-task = Somebody else has claimed the task.
why-not-you-are-not-asked-to-do-this-task = You are not asked to do this task.
why-not-it-is-not-your-turn-yet = It is not your turn yet.
why-not-you-have-chosen-already = You have decided already.
why-not-you-did-a-step-of-this-run-after-which-somebody-else-has-to-do-this-one = Somebody else has to do this one, because you did a step before it.
comment = Comment
comment-hint = Say something about it…
comments-empty = Nobody has said anything yet.
mention = Tell somebody
mention-hint = They are notified, and can see the request from then on.
remove-person = Remove { $who }
told = Told: { $who }
send = Send
run-started = Started by { $who }
run-ended = ended
run-started-on = Started
waits-for = Waits for “{ $step }”

## Forms
steps = Steps
step = Step { $number }
row = Row { $number }
rows =
    { $count ->
        [one] 1 row
       *[other] { $count } rows
    }
add-row = Add a row
remove-row = Remove row { $number }
move-up = Move up
move-down = Move down
amount = Amount
currency = Currency
calculated-later = Calculated when it is sent
form-unseen = You may not see its form “{ $form }”. An administrator can add a rule for this collection to one of your roles.
file-later = Files can be added once it is saved.
rating-of = { $value } of { $most }
sign-as = Sign as { $name }
sign-again = Sign again
invalid-required = “{ $field }” is needed.
invalid-minLength = At least { $limit } characters.
invalid-maxLength = At most { $limit } characters.
invalid-minimum = At least { $limit }.
invalid-maximum = At most { $limit }.
invalid-exclusiveMinimum = More than { $limit }.
invalid-exclusiveMaximum = Less than { $limit }.
invalid-minItems = At least { $limit }.
invalid-maxItems = At most { $limit }.
invalid-multipleOf = A multiple of { $limit }.
invalid-enum = Choose one of the list.
invalid-const = This is not the value that is needed.
invalid-pattern = This is not written as it has to be.
invalid-format = This is not written as it has to be.
invalid-uniqueItems = Each only once.
invalid-other = This is not acceptable.
invalid-kind-text = One line of text.
invalid-kind-number = A number, like 12.5.
invalid-kind-decimal = A number, like 12.50.
invalid-kind-money = An amount like 12.50, and a currency like EUR.
invalid-kind-date = A date.
invalid-kind-time = A time, like 09:30.
invalid-kind-date-time = A date and a time.

## Start and requests
start = Start
start-text = What you can set going.
start-search = Search what to start
start-empty = There is nothing to start yet
start-empty-text = As soon as a workflow is published, it stands here.
start-stopped = Nothing new can be started here at the moment
start-stopped-text = What is running goes on. Ask whoever administrates the workflow.
start-input = What it is about
start-input-hint = A text, a number, or JSON. This workflow has no form.
start-key = More
start-key-label = Number or key
start-key-hint = What you know it by, like an order number. While it is under way, nothing else is started with the same one.
started = “{ $workflow }” is under way.
started-before = It was under way already.
requests-text = What you started, and where you took part.
requests-empty = You have no requests yet
requests-empty-text = What you start, and where you take part, stands here with its progress.
run-state-running = Under way
run-state-suspended = Stopped
run-state-incident = Stuck
run-state-completed = Completed
run-state-failed = Failed
run-state-cancelled = Cancelled
plain-completed = It is done: { $status }.
plain-failed = It failed: { $reason }
plain-cancelled = It was cancelled. { $reason }
plain-suspended = It was stopped for now. An administrator can let it go on.
plain-incident = It is stuck: a step failed. Whoever administrates it sees it and can try again.
plain-cancelling = It is being cancelled.
plain-working = It is being worked on. Nobody has to do anything.
plain-waits = Waits for “{ $step }” ({ $who }).
plain-waits-many =
    { $count ->
        [one] Waits for “{ $step }” ({ $who }) and one more.
       *[other] Waits for “{ $step }” ({ $who }) and { $count } more.
    }
incident-told = You do not have to do anything. Nothing is lost.
picture = Picture of the process
picture-of = The process “{ $name }”: from each state to the next.
timeline = What happened
open-now = Open now
run-input = What was entered
run-result = Result

history-started = It began
history-started-by = { $who } started it
history-task-done = { $who } chose “{ $choice }” for “{ $step }”
history-task-due = “{ $step }” became late
history-timer = The time of “{ $name }” has come
history-effect-done = “{ $name }” was carried out
history-effect-failed = “{ $name }” could not be carried out
history-child-ended = The part “{ $name }” has ended
history-signal = The message “{ $name }” came in
history-service-level = { $percent } % of the time for “{ $name }” has passed
history-cancel = { $who } cancelled it
history-moved = Now: { $status }
history-opens = Asks for “{ $step }”
history-notifies = Somebody was notified
history-runs = Runs “{ $name }”
history-starts = Starts “{ $name }”
history-completes = It is done
history-fails = It failed: { $reason }
history-delayed = A step is tried again at { $when }
history-incident = A step failed
history-retried = { $who } tried the step again
history-suspended = { $who } stopped it
history-resumed = { $who } let it go on
history-cancel-asked = { $who } asked to cancel it
history-ended = The system ended it: { $state }
history-migrated = Moved from version { $from } to { $to }
history-call = The call behind it

## Notifications
notifications-empty = Nothing new
notifications-empty-text = You are told here when somebody mentions you, or a process has something to say.
notice-mention = { $who } mentioned you
notice-of = News of “{ $workflow }”
mark-all-read = Mark all as read

## Profile
profile = Profile
language-hint = Of this app and of mails to you.
notify-by-mail = Also by mail
notify-by-mail-hint = Each notification is mailed to you too.
absence = Absence
absence-text = Somebody does your tasks while you are away.
absence-now = Away from { $from } until { $until }. { $who } stands in for you.
absence-set = Set absence
absence-end = I am back
absence-incomplete = Say from when until when, and who stands in for you.
absence-by-others = Ask whoever manages your people to name who stands in for you.
deputy = Stands in
password-old = Password of today
password-new = New password
password-again = New password again
password-hint = A few unusual words are better than odd characters.
password-change = Change password
password-changed = The password is changed. Your other sessions have ended.
passwords-differ = The two are not the same.
second-factor = Second factor
second-factor-text = A code from an app on your phone, besides the password.
factor-owed = Set up a second factor first
factor-owed-text = Your organisation demands a second factor. Set yours up, then everything else opens.
factor-set-up = Set up
factor-remove = Remove
factor-removed = The second factor is removed.
factor-on = The second factor is set up.
factor-secret-text = Add an account in your authenticator app and type this key there. Then enter the code that it shows.
proof-hint = As a proof that it is you.
recovery-text = Keep these recovery codes in a safe place. Each works once, when you do not have your phone.
recovery-kept = I have kept them
sessions = Where you are signed in
this-session = This one
end-session = End
end-others = End all others
session-ended-done = The session has ended.
unknown-client = An unknown program

## What the host refuses
problem-unknown = Something went wrong. Try again; if it stays so, tell your administrator.
problem-unreachable = The server cannot be reached. Your connection may be lost; nothing that you typed is.
problem-unexpected-answer = The server answered in a way that was not expected. Try again in a moment.
problem-unauthenticated = You are not signed in.
problem-sign-in-refused = No active account has this mail address and password.
problem-code-needed = Enter the code of your second factor.
problem-code-wrong = The code is wrong. Codes work for about a minute, and once.
problem-password-wrong = This is not your password of today.
problem-password-expired = Your password is too old. Set a new one under “Forgotten password”.
problem-too-many-attempts = Too many attempts failed. Try again in { $seconds } seconds.
problem-too-many-requests = Too many requests. Try again in { $seconds } seconds.
problem-sign-in-busy = Too many people sign in at the same time. Try again in a moment.
problem-second-factor-needed = Set up your second factor first.
problem-tenant-suspended = The organisation is suspended at the moment. Everything is kept.
problem-tenant-read-only = Nothing can be changed at the moment. Reading goes on.
problem-not-allowed =
    { $permission ->
        [none] You may not do this. { $detail }
       *[other] You may not do this: it needs the permission { $permission }. An administrator can give you a role that has it.
    }
problem-not-found = It is not there, or not yours to see.
problem-conflict = Somebody changed the same at the same time. Try again.
problem-precondition-failed = Somebody else changed it meanwhile. Look at it again, then decide anew.
problem-not-valid = Some fields are not right yet.
problem-too-large = It is too large: at most { $limit } bytes.
problem-internal = The server failed. It has been noted; try again in a moment.
problem-no-such-reference = It names something that is not there. { $detail }
problem-not-unique = Another record has the same value already.
problem-task-ended = The task has ended.
problem-starts-stopped = New runs are stopped at the moment. What is running goes on.
problem-not-published = No version of this workflow is published.
