namespace Steward.Engines.Memory.Tests.Extraction;

internal sealed partial record OfficeStatements
{
    private static OfficeStatements[] Work =>
    [
        new("name", [], ["Liv", "Bas", "Teddy", "Minnie"])
        {
            Says = ["Everyone here calls me {0}, so please do the same.", "I go by {0}.", "You can call me {0}.", "I'd rather be called {0}.", "Please address me as {0}.", "Just call me {0}, the long version is for HR.", "Most people know me as {0}."],
            Changes = ["Drop {1}, call me {0} from now on.", "I've stopped using {1}, I go by {0} now.", "Can you call me {0} instead of {1}?", "I changed my name, it's {0} now.", "Not {1} any more please, call me {0}."],
            Drops = ["Please don't call me {1} any more.", "I don't go by {1} any longer."],
            Nots = ["My colleague goes by {0}.", "Who is {0}?", "If I were called {0} I'd change it.", "The ticket says: 'please call me {0}'.", "Should I have signed as {0}?", "There is a folder called {0}.", "I don't go by {0}, that's my brother.", "Can you call {0} for me?"],
        },
        new("role", ["a {0}", "the {0}"], ["payroll clerk", "test lead", "business analyst", "paralegal"])
        {
            Says = ["I work as a {0} here.", "My job title is {0}.", "I've been a {0} here for six years.", "As a {0} I need access to the archive.", "They hired me as a {0}.", "I'm a {0}, so I see these files every day.", "I'm employed as a {0}."],
            Changes = ["I got promoted: I'm a {0} now, no longer a {1}.", "Since Monday I'm a {0} instead of a {1}.", "I used to be a {1} but now I'm a {0}.", "My title changed from {1} to {0}.", "I've changed jobs internally and work as a {0} now, not as a {1}."],
            Drops = ["I'm not a {1} any more.", "I stopped working as a {1} last week."],
            Nots = ["We are hiring a {0}.", "I spoke to the {0} yesterday.", "My sister is a {0}.", "What does a {0} earn?", "I'd love to be a {0} one day.", "The customer wrote: I'm a {0} and cannot log in.", "Do I need to be a {0} to approve this?", "I applied for a job as a {0}."],
        },
        new("team", ["{0} team", "the {0} team", "the {0} department"], ["Treasury", "Field Support", "Data Platform", "Procurement"])
        {
            Says = ["I'm in {0}.", "I belong to the {0} team.", "I'm part of {0}.", "My department is {0}.", "I'm with the {0} team.", "They've put me in the {0} team.", "I work in {0}, second line."],
            Changes = ["I moved from {1} to {0} in the reorg.", "I've left {1} and joined {0}.", "As of the reorg I'm in {0}, not {1}.", "I'm no longer with {1}, I'm with {0} now.", "I transferred from {1} to {0} this month."],
            Drops = ["I'm not in {1} any more.", "I left {1} at the end of last month."],
            Nots = ["Can you forward this to {0}?", "Is {0} in today?", "{0} haven't replied to my ticket.", "My flatmate works in {0}.", "I wish I worked in {0}.", "Would I see that report if I were in {0}?", "The mail said 'I am in {0} and need help'.", "I nearly joined {0} two years ago."],
        },
        new("manager", [], ["Priya Nair", "Tom Okafor", "Helga Lindqvist", "Marcus Byrne"])
        {
            Says = ["My manager is {0}.", "I report to {0}.", "{0} is my boss.", "My supervisor's name is {0}.", "Approvals for me go to {0}, my manager.", "{0} signs off my leave as my line manager.", "My line manager's {0}, she can approve it."],
            Changes = ["I report to {0} now instead of {1}.", "{0} took over from {1} as my manager.", "{1} has left, so {0} is my manager now.", "{0} has replaced {1} as my line manager.", "Since April my line manager is {0}, not {1}."],
            Drops = ["{1} isn't my manager any more.", "I don't report to {1} any longer."],
            Nots = ["Who is {0}'s manager?", "{0} is Anna's boss.", "Does {0} manage the warehouse?", "I had a meeting with {0}.", "If {0} were my manager I'd ask her directly.", "Please tell {0} that the room is booked.", "Her manager is {0}.", "Is {0} my manager in the new chart?"],
        },
        new("deputy", [], ["Ines Carvalho", "Joel Petit", "Sanna Virtanen", "Dev Malhotra"])
        {
            Says = ["{0} is my deputy.", "{0} covers for me when I'm away.", "When I'm out, {0} stands in for me.", "My stand-in is {0}.", "My backup is {0}.", "{0} deputises for me.", "If I can't be reached, ask {0}, who is my deputy."],
            Changes = ["{0} is my deputy now, not {1}.", "From now on {0} covers for me instead of {1}.", "{1} can't do it any more, my new backup is {0}.", "I've changed my deputy from {1} to {0}.", "{0} has taken over from {1} as my stand-in."],
            Drops = ["{1} is no longer my deputy.", "{1} doesn't cover for me any more."],
            Nots = ["I'm covering for {0} this week.", "Who is {0}'s deputy?", "{0} is the deputy of our director.", "Can {0} be my deputy?", "I might ask {0} to stand in for me.", "{0} covered for Rosa last summer.", "The form says 'my deputy is {0}', whose form is that?", "Would {0} get my mails if she were my deputy?"],
        },
        new("software", [], ["Jira", "Power BI", "InDesign", "Visio"])
        {
            Says = ["I use {0} every day.", "I work with {0} a lot.", "Most of my work is in {0}.", "My main tool is {0}.", "I do my reports in {0}.", "I rely on {0} for my work.", "I've got {0} installed and use it daily."],
            Changes = ["I use {0} now instead of {1}.", "I've stopped using {1} and use {0}.", "I replaced {1} with {0}.", "I don't work with {1} any more, I work with {0} now.", "I used to use {1}, now I use {0}."],
            Drops = ["I don't use {1} any more.", "I've stopped using {1}."],
            Nots = ["Can I get {0}?", "How do I install {0}?", "{0} crashes when I print.", "The designers use {0}.", "Should I use {0} for this?", "I've never used {0}.", "If I used {0}, would I need a licence?", "He wrote 'I use {0} every day'."],
        },
        new("project", ["project {0}", "{0} project", "the {0} project"], ["Larkspur", "Redwood", "Cloud Exit", "Tideway"])
        {
            Says = ["I'm working on the {0} project.", "I'm on project {0}.", "My project is {0}.", "I'm assigned to {0} as a project.", "I lead the {0} project.", "I spend most of my week on the {0} project.", "I've joined the {0} project."],
            Changes = ["I've moved from project {1} to project {0}.", "I'm on the {0} project now, not on {1}.", "I finished {1} and am working on the {0} project now.", "I was taken off the {1} project and put on the {0} project.", "I work on project {0} now instead of {1}."],
            Drops = ["I'm not on the {1} project any more.", "I've left the {1} project."],
            Nots = ["Who leads the {0} project?", "What is project {0} about?", "Stefan works on project {0}.", "The {0} project is late.", "Could I join project {0}?", "I may move to the {0} project.", "The agenda says 'project {0}'.", "If I were on project {0}, I'd know."],
        },
        new("hours", ["from {0}"], ["8 to 4", "9:30 to 5:30", "6 to 2", "7 to 3:30"])
        {
            Says = ["I work {0}.", "My working hours are {0}.", "I'm in from {0}.", "My hours are {0}.", "I usually work from {0}.", "My shift is {0}.", "I'm at work from {0} on weekdays."],
            Changes = ["My hours changed from {1} to {0}.", "I work {0} now instead of {1}.", "My hours are {0} now, not {1}.", "I used to work {1}, now I work {0}.", "My shift was {1} until last week, now it's {0}."],
            Drops = ["I don't work {1} any more.", "My hours aren't {1} any longer."],
            Nots = ["Is the canteen open from {0}?", "The night team works {0}.", "Can I work {0}?", "I'd like to work {0}.", "The help desk is staffed {0}.", "What if I worked {0}?", "Last Friday I worked {0} because of the move.", "The poster says 'I work {0}'."],
        },
        new("absent", [], ["from 2 to 13 March|2 to 13 March", "on 9 January|9 January", "from 21 to 24 April|21 to 24 April", "on 30 June|30 June"])
        {
            Says = ["I'm on holiday {0}.", "I'll be away {0}.", "I'm out of the office {0}.", "I'm on leave {0}.", "I won't be in {0}.", "I have time off {0}.", "I'm not available {0} because I'm travelling."],
            Changes = ["My leave moved: I'm away {0}, not {1}.", "I'm on holiday {0} instead of {1}.", "I've moved my holiday, it's {0} now and not {1}.", "I won't be away {1} after all, I'm away {0}."],
            Drops = ["I'm not away {1} after all.", "My leave {1} is cancelled."],
            Nots = ["Who is away {0}?", "Is the office closed {0}?", "Pavel is on leave {0}.", "Can I be off {0}?", "The server will be down {0}.", "I might be away {0}.", "If I were away {0}, who would approve?", "The reply says 'I'm out of the office {0}'."],
        },
    ];
}
