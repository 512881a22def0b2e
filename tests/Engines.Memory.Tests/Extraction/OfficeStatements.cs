namespace Steward.Engines.Memory.Tests.Extraction;

/// <summary>What employees write to a desk about one slot, with what sounds like it and is not about them. {0} is the value, {1} the one before.</summary>
/// <param name="Slot">What it is about.</param>
/// <param name="Forms">How a reader may write the value, beside the value itself.</param>
/// <param name="Values">Four values; what stands after a bar is the same in other words.</param>
internal sealed partial record OfficeStatements(string Slot, string[] Forms, string[] Values)
{
    /// <summary>Says the value: seven.</summary>
    public string[] Says { get; init; } = [];

    /// <summary>Says that {0} holds now and {1} does not.</summary>
    public string[] Changes { get; init; } = [];

    /// <summary>Says that {1} does not hold any more, and nothing in its place.</summary>
    public string[] Drops { get; init; } = [];

    /// <summary>Has the words and says nothing of the author: a question, a wish, a case, a quotation, somebody else.</summary>
    public string[] Nots { get; init; } = [];

    public static IReadOnlyList<OfficeStatements> All { get; } = [.. Places, .. Work, .. Ways];

    private static OfficeStatements[] Places =>
    [
        new("office", ["the {0} office", "{0} office", "the {0} site", "{0} site"], ["Rotterdam", "Cork", "Aarhus", "Turin"])
        {
            Says = ["I work out of the {0} office.", "I'm based in {0}.", "My office is the one in {0}.", "I'm one of the people at the {0} site.", "You'll usually find me in the {0} office.", "I'm normally in the {0} office, so please send the parcel there.", "{0} is my office."],
            Changes = ["I transferred from the {1} office to the {0} office.", "I'm not in {1} any more, I'm based in {0} now.", "They closed {1}, so I work from the {0} office now.", "My office is {0} now, no longer {1}.", "I used to be based in {1}, these days it's {0}."],
            Drops = ["I don't work in the {1} office any more.", "I've left the {1} office for good."],
            Nots = ["How do I get to the {0} office?", "I'm visiting {0} on Tuesday.", "The printer in the {0} office is broken.", "My colleague is based in {0}.", "I'd like to work in the {0} office some day.", "The ticket reads: user is based in {0}.", "If I were based in {0}, would I get an allowance?", "Our biggest customer has its office in {0}."],
        },
        new("home", [], ["Delft", "Kilkenny", "Uppsala", "Bray"])
        {
            Says = ["I live in {0}.", "My home is in {0}.", "I commute in from {0} every day.", "I live out in {0}, so early starts are hard.", "Home for me is {0}.", "We live in {0} with two kids.", "My home address is in {0}."],
            Changes = ["We moved house, I live in {0} now.", "I don't live in {1} any more, home is {0} now.", "I've moved house from {1} to {0}.", "I used to live in {1}, but now I live in {0}.", "We sold our flat in {1} and live in {0} now."],
            Drops = ["I no longer live in {1}.", "I've moved out of {1}, the new address will follow."],
            Nots = ["My parents live in {0}.", "Is it nice to live in {0}?", "I'm flying home via {0}.", "I'd never want to live in {0}.", "We might move to {0} next year.", "A customer who lives in {0} phoned.", "I grew up in {0}.", "Imagine I lived in {0}: what would the tax be?"],
        },
        new("desk", ["desk {0}", "the desk {0}"], ["3.118", "B27", "Q409", "552"])
        {
            Says = ["My desk is {0}.", "I sit at desk {0}.", "You'll find me at desk {0}.", "My desk number is {0}.", "Please deliver it to desk {0}, that's mine.", "I'm at desk {0} if somebody wants to look at the dock.", "Desk {0} is mine."],
            Changes = ["I've moved desks, from {1} to {0}.", "I'm at desk {0} now, not {1}.", "I swapped desk {1} for desk {0}.", "My desk changed to {0}.", "I gave up desk {1} and took {0}."],
            Drops = ["I don't sit at desk {1} any more.", "I no longer have desk {1}."],
            Nots = ["Who sits at desk {0}?", "Desk {0} has no monitor.", "Is desk {0} free on Friday?", "Lena sits at desk {0}.", "Could I get desk {0}?", "I booked desk {0} for a visitor.", "The note says 'my desk is {0}'.", "I'd prefer desk {0} if it becomes free."],
        },
        new("laptop", ["a {0}", "the {0}"], ["ThinkPad T14", "MacBook Air", "Latitude 5550", "Surface Pro 9"])
        {
            Says = ["My laptop is a {0}.", "I've got a {0} from work.", "My work laptop's a {0}.", "The company gave me a {0}.", "I was issued a {0}.", "I'm on a {0}, and the dock does not charge it.", "I work on a {0}."],
            Changes = ["My {1} was replaced by a {0}.", "I swapped my {1} for a {0}.", "IT gave me a {0} in place of the {1}.", "My old {1} died, my laptop is a {0} now.", "I handed back the {1} and got a {0}."],
            Drops = ["I don't have the {1} any more.", "I gave back my {1} last week."],
            Nots = ["What does a {0} cost?", "My boss has a {0}.", "Can I order a {0}?", "I'd like a {0}.", "A {0} was found in the canteen.", "The user says: my laptop is a {0} and it won't start.", "If I had a {0}, would the dock work?", "The new starter needs a {0} by Monday."],
        },
        new("phone", [], ["+353 1 555 0147", "020 7946 0958", "0161 496 0733", "0114 496 0244"])
        {
            Says = ["My number is {0}.", "You can reach me on {0}.", "My phone number is {0}.", "My mobile is {0}.", "My direct line is {0}.", "Here's my number: {0}.", "If anything comes up, ring me on {0}."],
            Changes = ["My number changed, it's {0} now.", "I've got a new number: {0}.", "Please use {0} instead of {1} to ring me.", "My number is no longer {1} but {0}.", "Don't ring {1} any more, my number is {0}."],
            Drops = ["{1} isn't my number any more.", "I gave up the number {1}."],
            Nots = ["Whose number is {0}?", "The help line is {0}.", "Somebody keeps calling me from {0}.", "The supplier can be reached on {0}.", "Is {0} an internal number?", "Petra's number is {0}.", "The voicemail said 'call me back on {0}'.", "I dialled {0} and nobody answered."],
        },
        new("system", [], ["Ubuntu", "Windows 11", "macOS Sequoia", "Windows 10"])
        {
            Says = ["I'm on {0}.", "My laptop runs {0}.", "I'm running {0}.", "My machine has {0} on it.", "I'm using {0}, if that matters.", "My operating system is {0}.", "It's a {0} machine that I have."],
            Changes = ["I upgraded from {1} to {0}.", "My laptop was reinstalled: {0} instead of {1}.", "I'm on {0} now, no longer on {1}.", "They migrated me from {1} to {0}.", "I used to run {1}, now I run {0}."],
            Drops = ["I'm not on {1} any more.", "I don't run {1} any longer."],
            Nots = ["Does the VPN client run on {0}?", "When do we get {0}?", "The new starters are on {0}.", "I'd love to be on {0}.", "The ticket says 'I'm on {0}'.", "{0} is not supported by the scanner.", "Would this happen if I were on {0}?", "My manager's laptop runs {0}."],
        },
        new("time zone", ["the {0}", "{0} time", "{0} time zone"], ["CET", "Eastern", "Singapore", "Pacific"])
        {
            Says = ["My time zone is {0}.", "I'm on {0} time.", "I'm in the {0} time zone.", "I work on {0} time, so mornings are difficult.", "Please give all times in {0}, that is my time zone.", "My calendar is in {0} time.", "My timezone's {0}."],
            Changes = ["My time zone is {0} now, not {1}.", "I've moved from {1} to {0} time.", "I'm on {0} time now instead of {1}.", "I used to be on {1} time, now I'm on {0} time.", "Please switch my time zone from {1} to {0}."],
            Drops = ["I'm not on {1} time any more.", "My time zone isn't {1} any longer."],
            Nots = ["What time is it in {0} time?", "The vendor is on {0} time.", "Is the meeting at ten {0} time?", "The maintenance starts at 22:00 {0} time.", "My counterpart is in the {0} time zone.", "What if my time zone were {0}?", "The server logs are in {0} time.", "Which offices are in the {0} time zone?"],
        },
        new("cost centre", ["cost centre {0}"], ["40417", "CC-8812", "71 003", "D330"])
        {
            Says = ["My cost centre is {0}.", "Please charge it to my cost centre, {0}.", "My cost center's {0}.", "I book on cost centre {0}.", "Everything I order goes on cost centre {0}.", "The cost centre I belong to is {0}.", "Cost centre for me is {0}."],
            Changes = ["My cost centre changed from {1} to {0}.", "My cost centre is {0} now, not {1}.", "I've been moved from cost centre {1} to {0}.", "From this month on I book on cost centre {0} instead of {1}.", "{1} was my old cost centre, my new one is {0}."],
            Drops = ["{1} is not my cost centre any more.", "I don't book on cost centre {1} any longer."],
            Nots = ["Which cost centre is {0}?", "Who owns cost centre {0}?", "The invoice was booked on cost centre {0} by mistake.", "Is {0} a valid cost centre?", "Marta's cost centre is {0}.", "Could I use cost centre {0} for the trip?", "The form says 'my cost centre is {0}'.", "Suppose my cost centre were {0}."],
        },
    ];
}
