namespace Steward.Engines.Memory.Tests.Extraction;

/// <summary>What people say about each slot, with what sounds like it and is not about them. {0} is the value, {1} the one before.</summary>
/// <param name="Slot">What it is about.</param>
/// <param name="Forms">How a reader may write the value, beside the value itself.</param>
/// <param name="Values">Four values; what stands after a bar is the same in other words.</param>
internal sealed record FreshStatements(string Slot, string[] Forms, string[] Values)
{
    /// <summary>Says the value.</summary>
    public required string[] Said { get; init; }

    /// <summary>Says that {0} holds now and {1} does not.</summary>
    public string[] Changed { get; init; } = [];

    /// <summary>Says that {1} does not hold any more, and nothing in its place.</summary>
    public string[] Gone { get; init; } = [];

    /// <summary>Has the words and says nothing of the author: a question, a wish, a case, somebody else.</summary>
    public required string[] Not { get; init; }

    public static readonly FreshStatements[] All =
    [
        new("name", [], ["Katya", "Jo", "Benedikt", "Mags"])
        {
            Said = ["Please call me {0}, the full name in the directory is only for payroll.", "Everybody here calls me {0}.", "I go by {0}.", "You can just say {0} to me.", "My name is {0}, I started on Monday.", "I'm {0}, nice to meet you.", "I prefer to be addressed as {0}.", "they call me {0}"],
            Changed = ["I don't go by {1} any more, please call me {0}.", "Nobody calls me {1} these days, it's {0} now.", "Actually, call me {0} instead of {1}.", "From today on please call me {0}.", "I changed my name: it's {0} now."],
            Gone = ["Please stop calling me {1}."],
            Not = ["Our intern is called {0}.", "Is {0} your name?", "If my name were {0}, would the login be different?", "The new colleague goes by {0}, please add her to the list.", "'Call me {0}', said the man from the vendor.", "The account of {0} is locked."],
        },
        new("role", ["a {0}", "the {0}"], ["payroll accountant", "site reliability engineer", "procurement lead", "technical writer"])
        {
            Said = ["I'm a {0}.", "I work as a {0} in the Oslo branch.", "My job title is {0}.", "I've been a {0} for six years.", "As a {0} I need read access to the ledger.", "They hired me as a {0}.", "I joined in May as the new {0}.", "my role here is {0}, so I see those numbers daily"],
            Changed = ["I've been promoted, I'm a {0} now.", "I moved from {1} to {0} last week, that's my new role.", "I'm no longer a {1}; since Monday I'm a {0}.", "Small update: my title changed to {0}.", "I used to be a {1} but these days I work as a {0}."],
            Gone = ["I'm not a {1} any more."],
            Not = ["My sister is a {0}.", "I applied for a post as {0}.", "We're looking for a {0}.", "If I were a {0}, could I see this?", "I'm not a {0}.", "Do I have to be a {0} to approve this?", "I'd love to be a {0} some day."],
        },
        new("team", ["{0} team", "the {0} team"], ["Treasury", "Platform Security", "Field Service", "Data Governance"])
        {
            Said = ["I'm on the {0} team.", "I work in {0}.", "I belong to {0}, cost centre 4410.", "My team is {0}.", "I'm with the {0} team in Porto.", "I joined {0} two weeks ago.", "I'm part of {0}.", "The team I work in is {0}."],
            Changed = ["I've moved over from {1} to {0}.", "I left {1} and joined {0}.", "As of this month I'm in {0}.", "I've been transferred to {0}.", "My team isn't {1} any more, it's {0}."],
            Gone = ["I'm no longer in {1}."],
            Not = ["Who is on the {0} team?", "My colleague moved to {0}.", "Can you send this to the {0} team?", "I might move to {0} next year.", "I had a call with {0} this morning.", "If I joined {0}, would I keep my laptop?", "I don't work in {0}."],
        },
        new("manager", [], ["Ingrid Solberg", "Tomasz Zielinski", "Aisha Rahman", "Pedro Valdez"])
        {
            Said = ["My manager is {0}.", "I report to {0}.", "{0} is my boss.", "My line manager's name is {0}.", "{0} manages me, so the form has to go there.", "The person I report to is {0}.", "My supervisor is {0}, please put them in copy.", "I work under {0}.", "my boss, {0}, is asking for the report"],
            Changed = ["I report to {0} now.", "{0} took over from {1} as my manager.", "{1} left, my new manager is {0}.", "My manager has changed, it's {0}.", "It's not {1} any more: {0} is my manager since the reorganisation.", "{0} has replaced {1} as my boss."],
            Gone = ["{1} isn't my manager any more."],
            Not = ["Is {0} my manager?", "Her manager is {0}.", "{0} is Lena's boss.", "I wish {0} were my manager.", "I'd report to {0} if I took that job.", "My manager's manager is {0}.", "{0} says that the manager of Lena is on holiday.", "Maybe {0} becomes my manager one day."],
        },
        new("deputy", [], ["Noor Haddad", "Felix Brandt", "Chiara Conti", "Samuel Okoye"])
        {
            Said = ["My deputy is {0}.", "{0} stands in for me when I'm away.", "{0} covers for me.", "My stand-in is {0}.", "If I'm out, {0} acts for me.", "{0} is my backup.", "Please treat {0} as my substitute.", "My delegate is {0}."],
            Changed = ["My deputy is {0} now, not {1}.", "{0} covers for me from now on.", "{1} has left, so {0} is my deputy.", "I've replaced {1} with {0} as my stand-in.", "{0} has taken over as my deputy."],
            Gone = ["{1} doesn't stand in for me any more."],
            Not = ["Does {0} stand in for anybody?", "{0} is the deputy of our head of sales.", "I'm the deputy of {0}.", "Could {0} be my deputy?", "Her stand-in is {0}.", "I'd pick {0} as my deputy if that were allowed."],
        },
        new("office", ["{0} office", "the {0} office", "our {0} office", "{0} branch", "the {0} branch"], ["Lisbon", "Gothenburg", "Rotterdam", "Krakow"])
        {
            Said = ["I work from the {0} office.", "I'm based in {0}.", "My office is in {0}.", "I sit in our {0} office.", "I'm in the {0} branch.", "The office I go to is {0}.", "I'm working out of {0}.", "My site is {0}."],
            Changed = ["I've relocated from the {1} office to the {0} office.", "I moved to the {0} office.", "I'm no longer in {1}, I work from the {0} office now.", "They closed {1}, so my office is in {0} now.", "Since last week I'm based in {0}."],
            Gone = ["I don't work from the {1} office any more."],
            Not = ["I'm visiting the {0} office on Thursday.", "Is there a parking space at the {0} office?", "My manager is based in {0}.", "I'd like to work from {0} one day.", "If I moved to the {0} office, who would pay?", "The server stands in {0}.", "I was in {0} for a workshop last week."],
        },
        new("home", [], ["Ghent", "Malmo", "Bristol", "Graz"])
        {
            Said = ["I live in {0}.", "My home is in {0}.", "I'm living in {0} with my family.", "home for me is {0}", "I reside in {0}.", "I commute in from {0}, that's where I live.", "My flat is in {0}."],
            Changed = ["I've moved house, I live in {0} now.", "I don't live in {1} any more, I live in {0}.", "My home is {0} since March.", "I used to live in {1}, now I live in {0}."],
            Gone = ["I don't live in {1} any longer."],
            Not = ["My parents live in {0}.", "Where in {0} does he live?", "I'd love to live in {0}.", "I'm flying to {0} tomorrow.", "Our customer lives in {0}.", "If I lived in {0}, would I get the allowance?", "I never lived in {0}."],
        },
        new("desk", ["desk {0}", "{0} on the second floor"], ["4.112", "B-207", "17C", "K3-05"])
        {
            Said = ["My desk is {0}.", "I sit at desk {0}.", "You'll find me at desk {0}.", "Please bring it to my desk, {0}.", "My desk number is {0}.", "I'm at desk {0} on the second floor.", "my seat is {0}"],
            Changed = ["I moved desks, I'm at {0} now.", "My desk is {0} now, not {1}.", "They moved me from desk {1} to desk {0}.", "New desk: I sit at {0}."],
            Gone = ["I don't sit at {1} any more."],
            Not = ["Is desk {0} free?", "Erik sits at desk {0}.", "Could I get desk {0}?", "Please book desk {0} for the visitor.", "The monitor at desk {0} is broken."],
        },
        new("laptop", ["a {0}", "the {0}"], ["ThinkPad X1", "MacBook Pro", "Latitude 7440", "ZBook Firefly"])
        {
            Said = ["My laptop is a {0}.", "I've got a {0} as my work laptop.", "I work on a {0}.", "My computer's a {0} and it gets hot.", "I was issued a {0}.", "The laptop I use is a {0}.", "I'm using a {0} and the dock does not see the screen.", "they gave me a {0} as laptop"],
            Changed = ["I got a new laptop, it's a {0}.", "I handed back the {1} and have a {0} now.", "My {1} was swapped for a {0}.", "My laptop is a {0} now.", "I've switched from the {1} to a {0}."],
            Gone = ["I gave my {1} back, I have no laptop at the moment."],
            Not = ["Can I order a {0}?", "Is the {0} any good?", "My colleague has a {0}.", "I'd rather have a {0}.", "How much is a {0}?", "If I had a {0}, would the dock work?", "The {0} in the meeting room is broken.", "I don't have a {0}."],
        },
        new("phone", ["a {0}", "the {0}"], ["Pixel 8", "Moto G84", "Galaxy A54", "Fairphone 5"])
        {
            Said = ["My phone is a {0}.", "I have a {0} as work phone.", "My work phone is a {0}.", "I use a {0} as my mobile.", "The phone I carry is a {0}.", "My mobile's a {0} and the mail app crashes."],
            Changed = ["I swapped my {1} for a {0}.", "My phone is a {0} now.", "I have a new phone, a {0}.", "The {1} broke, so my phone is a {0} now."],
            Gone = ["I've handed in my phone, the {1} is gone."],
            Not = ["Does the app run on a {0}?", "My husband's phone is a {0}.", "Should I get a {0}?", "The test phone is a {0}.", "If my phone were a {0}, could I use the app?"],
        },
        new("system", [], ["Fedora", "Windows 11", "macOS Sonoma", "Debian 12"])
        {
            Said = ["I'm on {0}.", "My laptop runs {0}.", "My operating system is {0}.", "I'm running {0} here and the VPN client won't start.", "My machine is on {0}.", "my os is {0}", "The system on my laptop is {0}."],
            Changed = ["I upgraded from {1} to {0}.", "I've switched to {0}.", "I'm not on {1} any more, I run {0} now.", "They reinstalled my laptop with {0}.", "My laptop runs {0} now."],
            Gone = ["I don't run {1} any more."],
            Not = ["Does it work on {0}?", "The server runs {0}.", "Is {0} supported?", "Most people in my team are on {0}.", "I'd like to try {0}.", "If I were on {0}, would the driver work?"],
        },
        new("software", [], ["Figma", "AutoCAD", "Tableau", "Lightroom"])
        {
            Said = ["I use {0} every day.", "I work with {0} a lot.", "My main tool is {0}.", "I do most of my work in {0}.", "I rely on {0} for my reports.", "I'm a {0} user.", "I use {0} for drawings."],
            Changed = ["I've switched from {1} to {0}.", "I use {0} instead of {1} now.", "I replaced {1} with {0}.", "I stopped using {1}, I work with {0} now."],
            Gone = ["I don't use {1} any more.", "I've given up {1}."],
            Not = ["Can you install {0}?", "Do we have licences for {0}?", "The design team uses {0}.", "I don't use {0}.", "I've never used {0}.", "If I used {0}, could I export this?", "My predecessor worked with {0}."],
        },
        new("project", ["project {0}", "{0} project", "the {0} project"], ["Northlight", "Apollo Migration", "Kestrel", "Blue Harbour"])
        {
            Said = ["I'm working on {0}.", "My project is {0}.", "I've been assigned to the {0} project.", "I lead the {0} project.", "I'm on the {0} project.", "I'm part of project {0}.", "The project I'm on is {0}."],
            Changed = ["I'm off {1} and on the {0} project now.", "I finished {1} and work on {0} now.", "I handed over the {1} project, my project is {0} now."],
            Gone = ["I'm not working on {1} any more.", "My work on {1} is done."],
            Not = ["What is {0} about?", "Who leads the {0} project?", "Marta works on {0}.", "I might help with {0} in spring.", "The {0} project was delayed.", "I don't work on {0}."],
        },
        new("hours", ["from {0}"], ["7 to 3", "9 to 5", "8:30 to 16:30", "10 to 6"])
        {
            Said = ["I work from {0}.", "My working hours are {0}.", "I'm usually in from {0}.", "My hours are {0}.", "You can reach me from {0}, those are my working hours.", "my working day is {0}"],
            Changed = ["My hours have changed, I work from {0} now.", "I work {0} now instead of {1}.", "From Monday my working hours are {0}.", "I no longer work {1}, I work {0} these days."],
            Gone = ["I don't work {1} any more."],
            Not = ["Is the canteen open from {0}?", "The help desk works from {0}.", "Can I work from {0}?", "My colleague's hours are {0}.", "The outage lasted from {0}.", "The meeting is from {0}."],
        },
        new("absent", [], ["from 3 to 14 August|3 to 14 August", "on 22 December|22 December", "in the first week of May|the first week of May|first week of May", "next Thursday"])
        {
            Said = ["I'm on leave {0}.", "I'm away {0}.", "I won't be in {0}.", "I'll be out of office {0}.", "I'm on vacation {0}.", "I have taken time off {0}."],
            Changed = ["My leave moved: I'm away {0}, not {1}.", "I'm no longer away {1}, I'm off {0} instead."],
            Gone = ["My holiday {1} is cancelled.", "I will be here {1} after all."],
            Not = ["Is anybody away {0}?", "My manager is on leave {0}.", "The system is down {0}.", "I might take leave {0}.", "Can I take time off {0}?", "Is the office closed {0}?"],
        },
        new("language", [], ["Portuguese", "Dutch", "Polish", "Italian"])
        {
            Said = ["Please answer me in {0}.", "I'd rather read {0}.", "Write to me in {0}, please.", "My language is {0}.", "I would like replies in {0}.", "could you always reply in {0}?", "{0} is easiest for me, so please answer in that.", "Please use {0} with me."],
            Changed = ["Please answer in {0} from now on, not {1}.", "Switch to {0} please.", "I'd prefer {0} instead of {1} now.", "{0} is better for me than {1}, use that from now on."],
            Gone = ["You don't have to answer in {1} any more."],
            Not = ["Can you translate this into {0}?", "The customer only speaks {0}.", "Is the manual available in {0}?", "My colleague prefers {0}.", "How do you say thank you in {0}?", "If I asked in {0}, would you understand?", "I'm learning {0}.", "I don't speak {0}."],
        },
        new("contact", [], ["email", "Teams", "Slack", "text message"])
        {
            Said = ["Please contact me by {0}.", "The best way to reach me is {0}.", "I prefer to be contacted by {0}.", "Reach me via {0}.", "You get me fastest via {0}.", "Notify me by {0}.", "I'd like to hear from you by {0}."],
            Changed = ["Please contact me by {0} from now on instead of {1}.", "I don't read {1} any more, reach me via {0}.", "{0} is better than {1} to reach me now.", "Use {0} rather than {1} when you contact me."],
            Gone = ["{1} is no good for reaching me any more."],
            Not = ["Contact the supplier by {0}.", "Can I contact you by {0}?", "She prefers to be contacted by {0}.", "Does {0} work again?", "He got the invitation by {0}.", "I sent it by {0} yesterday."],
        },
        new("style", [], ["short answers|short", "bullet points|bullets", "step-by-step instructions|step-by-step|step by step", "plain language|plain"])
        {
            Said = ["Please give me {0}.", "I prefer {0}.", "Answer me with {0}.", "I want {0} from you.", "Please always use {0} when you answer.", "For me {0}, please."],
            Changed = ["Please use {0} from now on instead of {1}.", "No more {1}: I prefer {0} now.", "I've changed my mind about {1}, give me {0}.", "{0} instead of {1}, please, from today."],
            Gone = ["I don't need {1} any more."],
            Not = ["My boss prefers {0}.", "Do you know how to write {0}?", "The report should contain {0} for the board.", "The template uses {0}.", "Would {0} be better here?"],
        },
        new("likes", [], ["filter coffee", "trail running", "window seats", "early meetings"])
        {
            Said = ["I like {0}.", "I love {0}.", "I'm fond of {0}.", "I really enjoy {0}.", "I'm a big fan of {0}.", "I'm into {0}."],
            Gone = ["I don't care for {1} any more.", "I've lost interest in {1}."],
            Not = ["Do you like {0}?", "My daughter likes {0}.", "Who likes {0}?", "If I liked {0}, I'd come.", "The guests like {0}.", "Most people love {0}.", "He said that he enjoys {0}."],
        },
        new("dislikes", [], ["video calls", "open-plan offices", "night flights", "noisy rooms"])
        {
            Said = ["I don't like {0}.", "I hate {0}.", "I can't stand {0}.", "I dislike {0}.", "I'm not a fan of {0}.", "I'm not keen on {0}.", "{0} are not for me."],
            Gone = ["I don't mind {1} any more."],
            Not = ["My boss hates {0}.", "Who dislikes {0}?", "Why does everyone hate {0}?", "If I hated {0}, I'd say so.", "I don't hate {0}.", "I don't mind {0}."],
        },
        new("diet", ["{0} food"], ["vegan", "vegetarian", "kosher", "halal"])
        {
            Said = ["I'm {0}.", "I eat {0}.", "I only eat {0} food.", "My diet is {0}.", "Please order {0} food for me.", "I'm strictly {0}."],
            Changed = ["I'm {0} now.", "I'm not {1} any more, I'm {0}.", "I used to be {1}, now I'm {0}.", "I've gone {0}."],
            Gone = ["I'm no longer {1}."],
            Not = ["Is there a {0} dish today?", "Two of the guests are {0}.", "My wife is {0}.", "I'm not {0}.", "If I were {0}, what could I order?", "The canteen has a {0} menu."],
        },
        new("allergy", [], ["penicillin", "latex", "shellfish", "sesame"])
        {
            Said = ["I'm allergic to {0}.", "I have an allergy to {0}.", "I have a {0} allergy.", "I can't have {0}, I'm allergic.", "I react badly to {0}, it's an allergy.", "Please note my allergy: {0}.", "I suffer from a {0} allergy."],
            Changed = ["I was tested again: I'm not allergic to {1}, I'm allergic to {0}.", "It turned out that I'm allergic to {0}, not to {1}."],
            Gone = ["I'm not allergic to {1} any more.", "I've grown out of my {1} allergy.", "The doctor says I have no {1} allergy after all."],
            Not = ["Is there {0} in the soup?", "My son is allergic to {0}.", "I'm not allergic to {0}.", "One guest has a {0} allergy.", "If I were allergic to {0}, whom would I tell?", "Ask whether anyone is allergic to {0}."],
        },
        new("never", ["to {0}"], ["call me on weekends", "share my calendar", "restart my laptop without asking", "send my data to the vendor"])
        {
            Said = ["Never {0}.", "Please never {0}.", "Don't ever {0}.", "You must never {0}.", "I never want you to {0}.", "Under no circumstances {0}."],
            Gone = ["It's fine to {1} now.", "You may {1} again."],
            Not = ["Why would you never {0}?", "He said: never {0}.", "Did I say never {0}?", "The policy says never {0}."],
        },
    ];
}
