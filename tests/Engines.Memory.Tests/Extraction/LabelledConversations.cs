namespace Steward.Engines.Memory.Tests.Extraction;

/// <summary>
/// Conversations with what should be known after them, made of hand-written templates and values: said once, said again in other words, changes of mind, corrections, negations, other people, questions, plans and quotations.
/// The rules were mended by what they missed of <see cref="All"/>; <see cref="Unseen"/> has other words, written afterwards, and the rules were left as they are.
/// </summary>
internal static class LabelledConversations
{
    private static readonly string[] Cities = ["Berlin", "Porto", "New York", "Kraków", "Dublin", "São Paulo"];
    private static readonly string[] People = ["Anna Weber", "Tom O'Neill", "Priya Nair", "Jean-Luc Martin", "Olu Adeyemi", "Li Wei"];
    private static readonly string[] Teams = ["Finance", "Payroll", "Data Platform", "Field Service", "Legal", "R&D"];
    private static readonly string[] Roles = ["data engineer", "accountant", "project manager", "UX designer", "support technician", "solution architect"];
    private static readonly string[] Laptops = ["ThinkPad T14", "MacBook Pro", "Surface Laptop", "Latitude 7440", "EliteBook", "MacBook Air"];
    private static readonly string[] Languages = ["German", "French", "Polish", "Spanish", "Dutch", "Portuguese"];
    private static readonly string[] Channels = ["e-mail", "Slack", "phone", "Teams", "chat", "text message"];
    private static readonly string[] Allergies = ["peanuts", "penicillin", "latex", "shellfish", "bee stings", "cat hair"];

    private static readonly Slot[] Slots =
    [
        new("office", Cities,
            ["I work in {0}.", "I'm based in {0} now.", "My office is in {0}.", "Just so you know, I sit in {0} these days.", "For two years now I have been working out of {0}.", "I'm located in {0}.",
                "{0} is where I work.", "My place of work is {0}.", "They put me in {0}.", "My base is {0}.", "You can find me in {0}.", "I'm at the {0} site.", "I was assigned to the {0} branch.", "{0} is my office."],
            ["I moved to {0} last month.", "I've relocated from {1} to {0}.", "Update: my new office is in {0}.", "I no longer work in {1}, I'm based in {0} now.",
                "The company transferred me to {0}.", "I was relocated from {1} to {0} in March.", "My office changed, it's {0} now.", "I swapped {1} for {0} and have my desk there.", "I left the {1} office and sit in {0} now.", "My workplace changed from {1} to {0}.", "I don't work in {1} any more. It's {0} now.", "They've reassigned me to the {0} office.", "I have a new office: {0}."]),
        new("manager", People,
            ["My manager is {0}.", "I report to {0}.", "My boss is {0}, in case you need approval from somebody.", "FYI, my line manager is {0}.", "{0} is my manager.", "I report directly to {0}.",
                "{0} is the one I report to.", "My team lead is {0}.", "{0} is responsible for me as my manager.", "I have {0} as my manager.", "My boss's name is {0}.", "I work for {0}.", "{0} leads my team.", "I'm managed by {0}."],
            ["My new manager is {0}.", "I report to {0} now.", "{1} is no longer my manager. I report to {0}.", "As of Monday my manager is {0}.",
                "{0} has replaced {1} as my manager.", "{0} became my manager in May.", "My boss has changed: it's {0} now.", "My manager changed from {1} to {0}.", "I have a new manager, {0}.", "Since Monday {0} is my boss instead of {1}.", "{1} left and {0} is my manager now.", "I was assigned to a new manager: {0}.", "{0} succeeds {1} as my supervisor.", "I don't report to {1} any more, I report to {0}."]),
        new("team", Teams,
            ["I'm in the {0} team.", "I work in the {0} department.", "I'm part of the {0} group and I need access to the wiki.", "I am on the {0} team.", "I belong to the {0} team.", "My department is {0}.",
                "I was put on the {0} team.", "{0} is my team.", "The team I'm in is {0}.", "My department's name is {0}.", "I've been with the {0} group for years.", "I sit in the {0} unit.", "I'm a {0} team member.", "I am assigned to the {0} department."],
            ["I joined the {0} team.", "I've left the {1} team. I'm with the {0} team now.", "I moved to the {0} department.", "I switched to the {0} team last week.",
                "I was transferred to the {0} team.", "My team changed from {1} to {0}.", "My department has changed, it's {0} now.", "{0} is my new team.", "They've reassigned me from the {1} group to the {0} group.", "I left the {1} team and joined the {0} team.", "I swapped the {1} team for the {0} team.", "I have a new team: {0}.", "I'm not in the {1} team any more, I'm in the {0} team."]),
        new("role", Roles,
            ["I work as a {0}.", "I'm a {0} here.", "My role is {0}.", "Hi, I'm the {0} at this site.", "I work here as a {0}.", "I am employed as a {0}.",
                "My position is {0}.", "I hold the position of {0}.", "They hired me as a {0}.", "I was hired as {0}.", "I've been a {0} for years.", "By profession I'm a {0}.", "I serve as {0} here.", "{0} is my job."],
            ["I got promoted to {0}.", "My new job title is {0}.", "I was promoted to {0} in May.", "I now work as a {0}.",
                "I became a {0} last month.", "My title changed from {1} to {0}.", "I'm a {0} now instead of a {1}.", "My job has changed, it's {0} now.", "They promoted me to {0}.", "I'm not a {1} any more, I'm a {0}.", "I stopped being a {1} and work as a {0} now.", "My new position is {0}.", "I was made {0} in June."]),
        new("laptop", Laptops,
            ["I have a {0}.", "I use a {0} for work.", "My laptop is a {0}.", "I've got a {0} since January.", "They gave me a {0}.", "I'm using a {0}.",
                "My computer at work is a {0}.", "I was issued a {0}.", "I work with a {0}.", "My device is a {0}.", "The company gave me a {0}.", "The laptop I use is a {0}.", "I've been using a {0} for a year.", "I type on a {0}."],
            ["I switched to a {0}.", "I've upgraded from my {1} to a {0}.", "My new laptop is a {0}.", "I changed to a new {0} yesterday.",
                "My {1} was exchanged for a {0}.", "I swapped my {1} for a {0}.", "They replaced my {1} with a {0}.", "I handed in the {1} and use a {0} now.", "My laptop changed, it's a {0} now.", "I was given a {0} instead of the {1}.", "I have a new laptop, a {0}.", "I don't use the {1} any more, I have a {0}.", "I returned my {1}. I use a {0} now."]),
        new("language", Languages,
            ["Please answer in {0}.", "I prefer {0}.", "Please reply to me in {0} from now on.", "Talk to me in {0}, please.", "Please write in {0}.", "I'd rather speak {0}.",
                "{0} please.", "My preferred language is {0}.", "Please use {0} with me.", "I'd like answers in {0}.", "{0} is best for me.", "Let's speak {0}.", "I want your replies in {0}.", "My mother tongue is {0}, please use it.",
                "I'm more comfortable in {0}.", "I only understand {0}.", "Address me in {0}.", "I'd like to continue in {0}.", "{0} would be better.", "Can you answer in {0}, please?", "I'm a native {0} speaker.", "{0} is my language.", "I mostly speak {0}."],
            ["Actually, please answer in {0}.", "I prefer {0} over {1}.", "From now on, reply in {0}.", "Sorry, write to me in {0} instead.",
                "Please switch to {0}.", "Let's switch from {1} to {0}.", "No more {1} please, answer in {0}.", "My preferred language changed, it's {0} now.", "I changed my mind, {0} instead of {1} please.", "Use {0} instead of {1} from now on.", "Please stop writing in {1}, use {0}.", "I prefer {0} now.", "Please change the language to {0}.",
                "Could we switch to {0}?", "Forget {1}, write in {0}.", "{0}, not {1}, please.", "Let's carry on in {0}.", "I don't want {1} any more, {0} please.", "Please go back to {0}.", "You can drop the {1}, I prefer {0} now.", "Continue in {0} from here.", "Not in {1}, in {0} please.", "I want {0} from now on.", "I've gone over to {0}.", "Can you write {0} instead?", "{0} rather than {1} please.", "My language is {0} now."]),
        new("contact", Channels,
            ["Please contact me by {0}.", "I prefer {0}.", "I'm best reached via {0}.", "The best way to reach me is {0}.", "Please notify me via {0}.", "I prefer to be contacted by {0}.",
                "Use {0} to reach me.", "My preferred channel is {0}.", "{0} is the best way to reach me.", "You can reach me by {0}.", "I'm easiest to reach on {0}.", "Send me news by {0}.", "{0} works best for me.", "I want to be contacted by {0}.",
                "Get in touch by {0}.", "Updates by {0} please.", "I read {0} all day, use that.", "Leave me a note on {0}.", "Can you notify me by {0}?", "I check {0} most often.", "By {0}, please.", "Please send everything to me via {0}.", "I'd like to be told by {0}.", "The quickest way to get me is {0}."],
            ["Please reach me via {0} from now on.", "I prefer {0} over {1}.", "Actually, contact me by {0}.", "I'd rather use {0} than {1}.",
                "Please switch to {0} for contacting me.", "Contact me by {0} instead of {1}.", "My preferred channel changed, it's {0} now.", "No more {1} please, contact me by {0}.", "I changed my mind, use {0} instead of {1} to reach me.", "Please stop contacting me by {1}, use {0}.", "{0} is better than {1} for reaching me now.", "I prefer {0} now.", "From now on reach me on {0} rather than {1}.",
                "Could you use {0} instead?", "{0}, not {1}, please.", "I don't read {1} any more, use {0}.", "Please stop using {1}. {0} is better.", "I've switched to {0} for messages.", "Not by {1}, by {0} please.", "Instead of {1} use {0}.", "I want {0} from now on.", "Forget {1}, contact me on {0}.", "Reach me via {0}, no longer via {1}.", "Drop the {1}, use {0}.", "I moved from {1} to {0} for all my messages.", "Please change my channel to {0}.", "Let's use {0} from now on."]),
        new("allergy", Allergies,
            ["I'm allergic to {0}.", "I am severely allergic to {0}.", "Please note that I'm allergic to {0}.", "As I said, I'm also allergic to {0}.", "Careful, I'm allergic to {0}!", "I'm very allergic to {0}.",
                "I have an allergy to {0}.", "I suffer from an allergy to {0}.", "I react badly to {0}.", "I've always been allergic to {0}.", "{0} is something I'm allergic to.", "I can't have any {0}, I'm allergic to it.", "My allergy is {0}.", "No {0} for me, I'm allergic."], null),
    ];

    // Said about the same things, and never a statement of the speaker's own that holds.
    private static readonly string[] Noise =
    [
        "If I moved to {city}, would my badge still work?", "Do I need a VPN in {city}?", "My colleague works in {city}.", "{person} said: \"I work in {city}\".",
        "I might join the {team} team next year.", "What would happen if my manager were {person}?", "Is {person} my manager?", "Imagine I'm a {role}. Which licences do I get?",
        "{person} told me that I work in {city}, which is wrong.", "I would like to move to {city} some day.", "Should I use a {laptop}?", "{person} is allergic to {allergy}.",
        "I am thinking of switching to a {laptop}.", "The ticket says my laptop is a {laptop}.", "Does the {team} team work in {city}?", "My laptop is very slow today.",
        "Maybe I'll report to {person} soon.", "I'm not in the office today.", "Please call me tomorrow.", "Could you answer in {language} if I asked you to?",
        "Her manager is {person}.", "We use {laptop} machines in the {team} team, perhaps.", "I am working on a ticket in {city} with the vendor, is that a problem?", "> I work in {city}",
        "{person} took over from {person} as head of sales.", "They moved the server to {city}.", "My password changed, it's longer now.", "The meeting was moved from {city} to {city}.", "{person} manages the office in {city}.",
        "I swapped shifts with {person}.", "Slack is down.", "{language} is spoken in {city}.", "The printer was replaced by a {laptop}.", "My screen changed, it's a big one now.", "They reassigned my ticket to {person}.", "I left my bag in {city} and took the train.",
        "{person} became a {role}.", "{person}'s new laptop is a {laptop}.", "The {team} team is responsible for that.", "I was moved to another queue.", "The document is in {language}.", "I have a new colleague, {person}.", "{person} has replaced {person} as the {team} lead.",
        "My order was replaced by mistake.", "I returned the monitor to {person}.", "I stopped the job in {city}.", "Please switch to the other printer.", "I need a {laptop} for {person}.", "You can find the form in {city}.", "I have {person} on the line.", "I was given a ticket by {person}.", "Can you translate this into {language}?", "Can you call the vendor by phone?", "The phone is ringing all day.", "Slack, Teams and mail are slow today.", "I got an e-mail from {person}.", "Could you write to {person} in {language}?", "I check my mail in {city}.",
    ];

    // Other ways to say the same.
    private static readonly (string Slot, string[] Values, string Said)[] Others =
    [
        ("office", Cities, "My workplace is {0} now."), ("office", Cities, "I've been transferred to {0}."), ("office", Cities, "I spend my working days at the {0} site."),
        ("manager", People, "My boss is now {0}."), ("manager", People, "The person I report to is {0}."), ("manager", People, "{0} is my boss since June."),
        ("team", Teams, "I recently joined the {0} department."), ("team", Teams, "I'm a member of the {0} team."), ("team", Teams, "{0} is the team I'm on."),
        ("role", Roles, "I'm working as a {0} at the moment."), ("role", Roles, "My title is {0}."), ("role", Roles, "They made me {0} this year."),
        ("laptop", Laptops, "I now have a {0}."), ("laptop", Laptops, "My machine is a {0}."), ("laptop", Laptops, "IT replaced my old one with a {0}."),
        ("language", Languages, "Please respond in {0}."), ("language", Languages, "I'd prefer {0}."), ("language", Languages, "{0} is easier for me."),
        ("contact", Channels, "Please ping me on {0}."), ("contact", Channels, "I would prefer {0} over anything else."), ("contact", Channels, "Use {0} when you need me."),
        ("allergy", Allergies, "I have been allergic to {0} all my life."), ("allergy", Allergies, "Remember that I'm allergic to {0}."), ("allergy", Allergies, "Also, I'm allergic to {0}."),
    ];

    /// <summary>Conversations in other words.</summary>
    public static IReadOnlyList<LabelledConversation> Unseen { get; } = [.. Elsewhere()];

    /// <summary>All conversations, in the same order each time.</summary>
    public static IReadOnlyList<LabelledConversation> All { get; } = [.. Build()];

    private static IEnumerable<LabelledConversation> Build()
    {
        var random = new Random(8);
        foreach (var slot in Slots)
        {
            for (var template = 0; template < slot.Said.Length; template++)
            {
                for (var round = 0; round < 3; round++)
                {
                    var (first, second) = (slot.Values[(round * 2) % 6], slot.Values[((round * 2) + 1) % 6]);
                    var (said, again) = (Fill(slot.Said[template], first, second), Fill(slot.Said[(template + 1) % slot.Said.Length], first, second));
                    yield return Conversation($"{slot.Name} said {template}.{round}", random, [said], [(slot.Name, first)], []);
                    yield return Conversation($"{slot.Name} again {template}.{round}", random, [said, again], [(slot.Name, first)], []);
                    if (slot.Changed is { } changed)
                    {
                        foreach (var form in (int[])[template, template + slot.Said.Length])
                        {
                            yield return Conversation($"{slot.Name} changed {form}.{round}", random, [said, Fill(changed[form % changed.Length], second, first)], [(slot.Name, second)], [(slot.Name, first)]);
                        }
                    }
                    else
                    {
                        yield return Conversation($"{slot.Name} both {template}.{round}", random, [said, Fill(slot.Said[template], second, first)], [(slot.Name, first), (slot.Name, second)], []);
                        yield return Conversation($"{slot.Name} taken back {template}.{round}", random, [said, $"I'm no longer allergic to {first}."], [], [(slot.Name, first)]);
                    }
                }
            }
        }
    }

    private static IEnumerable<LabelledConversation> Elsewhere()
    {
        var random = new Random(9);
        foreach (var (slot, values, said) in Others)
        {
            foreach (var value in values.Take(3))
            {
                yield return Conversation($"{slot} in other words", random, [Fill(said, value, "")], [(slot, value)], []);
            }
        }
    }

    private static LabelledConversation Conversation(string name, Random random, string[] said, (string Slot, string Value)[] holds, (string Slot, string Value)[] over)
    {
        var messages = new List<string>();
        foreach (var message in said)
        {
            messages.Add(Other(random));
            messages.Add(message);
        }

        messages.Add(Other(random));
        return new LabelledConversation(name, messages, holds, over);
    }

    private static string Other(Random random) => Noise[random.Next(Noise.Length)]
        .Replace("{city}", Cities[random.Next(6)], StringComparison.Ordinal)
        .Replace("{person}", People[random.Next(6)], StringComparison.Ordinal)
        .Replace("{team}", Teams[random.Next(6)], StringComparison.Ordinal)
        .Replace("{role}", Roles[random.Next(6)], StringComparison.Ordinal)
        .Replace("{laptop}", Laptops[random.Next(6)], StringComparison.Ordinal)
        .Replace("{language}", Languages[random.Next(6)], StringComparison.Ordinal)
        .Replace("{allergy}", Allergies[random.Next(6)], StringComparison.Ordinal);

    private static string Fill(string template, string value, string other) => template.Replace("{0}", value, StringComparison.Ordinal).Replace("{1}", other, StringComparison.Ordinal);

    private sealed record Slot(string Name, string[] Values, string[] Said, string[]? Changed);
}

/// <summary>A conversation and what is known after it.</summary>
/// <param name="Name">What it tries.</param>
/// <param name="Messages">What one person writes.</param>
/// <param name="Holds">What holds at the end.</param>
/// <param name="Over">What was said and does not hold any more.</param>
internal sealed record LabelledConversation(string Name, IReadOnlyList<string> Messages, IReadOnlyList<(string Slot, string Value)> Holds, IReadOnlyList<(string Slot, string Value)> Over)
{
    public override string ToString() => Name;
}
