namespace Steward.Engines.Memory.Tests.Extraction;

/// <summary>
/// Conversations for measuring only: changes of mind, negations, other people and plans in words that <see cref="LabelledConversations.All"/> does not have. Nothing of it was used to write or mend the rules; whoever changes a rule because of what is
/// missed here has to move those words to <see cref="LabelledConversations"/> and write others. When the rules were widened on 22 November 2026, forms of office, manager, team, role and laptop had been seen by whoever widened them; those of language and contact had not, but how many
/// of each slot were missed was known while it was done.
/// </summary>
internal static class HeldConversations
{
    private static readonly Slot[] Slots =
    [
        new("office", ["Vienna", "Leeds", "Gdańsk", "San Diego"],
            ["I currently work in {0}.", "My office is in {0}, by the way.", "These days you'll find me at the {0} office."],
            ["I've been relocated to {0}.", "They transferred me to {0}.", "I left {1} and work in {0} now."]),
        new("manager", ["Maria Rossi", "Kofi Mensah", "Eva Lind", "Sam Carter"],
            ["My supervisor is {0}.", "I report to {0} at the moment.", "{0} manages me."],
            ["{0} is my new manager.", "{0} took over from {1} as my manager.", "My manager changed, it's {0} now."]),
        new("team", ["Logistics", "Procurement", "Cloud", "Quality"],
            ["I'm with the {0} team.", "My team is {0}.", "I sit with the folks from {0}."],
            ["I've joined the {0} team.", "They moved me to the {0} team.", "I transferred from {1} to the {0} team."]),
        new("role", ["business analyst", "network engineer", "office manager", "controller"],
            ["I'm working here as a {0}.", "My job is {0}.", "I do the work of a {0}."],
            ["I've been promoted to {0}.", "My role changed to {0}.", "I'm no longer a {1}, I'm a {0}."]),
        new("laptop", ["ThinkPad X1", "MacBook Air", "Latitude 5520", "Chromebook"],
            ["I work on a {0}.", "I own a {0}.", "What I type on is a {0}."],
            ["I've switched from my {1} to a {0}.", "My {1} was replaced by a {0}.", "I traded the {1} for a {0}."]),
        new("language", ["Italian", "English", "Czech", "Swedish"],
            ["Reply to me in {0}.", "I'd rather write {0}.", "{0} suits me best."],
            ["From now on please speak {0} with me.", "Please answer in {0} instead.", "Let's switch to {0}."]),
        new("contact", ["chat", "phone", "SMS", "Slack"],
            ["Contact me via {0}.", "The best way to reach me is by {0}.", "{0} works best for me."],
            ["From now on contact me via {0}.", "I now prefer {0}.", "Not {1} any more, {0} please."]),
    ];

    // Not a statement of the speaker's own that holds.
    private static readonly string[] Others =
    [
        "My sister works in Vienna.", "Eva Lind's manager is Sam Carter.", "I don't report to Kofi Mensah and never did.", "Once I'm promoted to controller I'll need a bigger screen.",
        "Were I in Leeds, who would be my contact?", "Tell Maria that her Chromebook has arrived.", "My colleague prefers Czech.", "Can I get a ThinkPad X1?",
        "Let's assume that I work in San Diego.", "Sam Carter wants to be contacted via SMS.", "I used to be a network engineer.", "I haven't joined the Cloud team yet.",
        "The Quality team uses Latitude 5520 machines.", "He moved to Gdańsk.", "I'd love a MacBook Air one day.", "Rumour has it that Procurement moves to Leeds.",
    ];

    /// <summary>All of them, in the same order each time.</summary>
    public static IReadOnlyList<LabelledConversation> All { get; } = [.. Build()];

    private static IEnumerable<LabelledConversation> Build()
    {
        var other = 0;
        string Other() => Others[other++ % Others.Length];
        foreach (var slot in Slots)
        {
            foreach (var said in slot.Said)
            {
                for (var i = 0; i < slot.Values.Length; i++)
                {
                    var (first, second) = (slot.Values[i], slot.Values[(i + 1) % slot.Values.Length]);
                    yield return new LabelledConversation($"{slot.Name} said", [Other(), Fill(said, first, second), Other(), Other()], [(slot.Name, first)], []);
                    foreach (var changed in slot.Changed)
                    {
                        yield return new LabelledConversation($"{slot.Name} changed", [Fill(said, first, second), Other(), Fill(changed, second, first), Other()], [(slot.Name, second)], [(slot.Name, first)]);
                    }
                }
            }
        }
    }

    private static string Fill(string template, string value, string other) => template.Replace("{0}", value, StringComparison.Ordinal).Replace("{1}", other, StringComparison.Ordinal);

    private sealed record Slot(string Name, string[] Values, string[] Said, string[] Changed);
}
