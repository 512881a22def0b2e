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
            ["I work in {0}.", "I'm based in {0} now.", "My office is in {0}.", "Just so you know, I sit in {0} these days.", "For two years now I have been working out of {0}.", "I'm located in {0}."],
            ["I moved to {0} last month.", "I've relocated from {1} to {0}.", "Update: my new office is in {0}.", "I no longer work in {1}, I'm based in {0} now."]),
        new("manager", People,
            ["My manager is {0}.", "I report to {0}.", "My boss is {0}, in case you need approval from somebody.", "FYI, my line manager is {0}.", "{0} is my manager.", "I report directly to {0}."],
            ["My new manager is {0}.", "I report to {0} now.", "{1} is no longer my manager. I report to {0}.", "As of Monday my manager is {0}."]),
        new("team", Teams,
            ["I'm in the {0} team.", "I work in the {0} department.", "I'm part of the {0} group and I need access to the wiki.", "I am on the {0} team.", "I belong to the {0} team.", "My department is {0}."],
            ["I joined the {0} team.", "I've left the {1} team. I'm with the {0} team now.", "I moved to the {0} department.", "I switched to the {0} team last week."]),
        new("role", Roles,
            ["I work as a {0}.", "I'm a {0} here.", "My role is {0}.", "Hi, I'm the {0} at this site.", "I work here as a {0}.", "I am employed as a {0}."],
            ["I got promoted to {0}.", "My new job title is {0}.", "I was promoted to {0} in May.", "I now work as a {0}."]),
        new("laptop", Laptops,
            ["I have a {0}.", "I use a {0} for work.", "My laptop is a {0}.", "I've got a {0} since January.", "They gave me a {0}.", "I'm using a {0}."],
            ["I switched to a {0}.", "I've upgraded from my {1} to a {0}.", "My new laptop is a {0}.", "I changed to a new {0} yesterday."]),
        new("language", Languages,
            ["Please answer in {0}.", "I prefer {0}.", "Please reply to me in {0} from now on.", "Talk to me in {0}, please.", "Please write in {0}.", "I'd rather speak {0}."],
            ["Actually, please answer in {0}.", "I prefer {0} over {1}.", "From now on, reply in {0}.", "Sorry, write to me in {0} instead."]),
        new("contact", Channels,
            ["Please contact me by {0}.", "I prefer {0}.", "I'm best reached via {0}.", "The best way to reach me is {0}.", "Please notify me via {0}.", "I prefer to be contacted by {0}."],
            ["Please reach me via {0} from now on.", "I prefer {0} over {1}.", "Actually, contact me by {0}.", "I'd rather use {0} than {1}."]),
        new("allergy", Allergies,
            ["I'm allergic to {0}.", "I am severely allergic to {0}.", "Please note that I'm allergic to {0}.", "As I said, I'm also allergic to {0}.", "Careful, I'm allergic to {0}!", "I'm very allergic to {0}."], null),
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
                        yield return Conversation($"{slot.Name} changed {template}.{round}", random, [said, Fill(changed[template % changed.Length], second, first)], [(slot.Name, second)], [(slot.Name, first)]);
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
