using Steward.Engines.Models;

namespace Steward.Benchmarks.Scenarios;

/// <summary>A request and the tier that it needs.</summary>
/// <param name="Template">The number of its template.</param>
/// <param name="Needs">0 small, 1 standard, 2 large, by whoever wrote the template.</param>
/// <param name="Intent">What it is about.</param>
/// <param name="Text">What is asked.</param>
internal sealed record RoutingRequest(int Template, int Needs, string Intent, string Text)
{
    /// <summary>Every third template: nothing was trained or chosen with it.</summary>
    public bool IsHeldOut => Template % 3 == 0;

    /// <summary>As a request.</summary>
    public ChatRequest Asked { get; } = new() { Messages = [new ChatMessage { Role = ChatRole.User, Text = Text }] };
}

/// <summary>Makes requests of templates: each wording with up to four fillings, the same ones each time.</summary>
internal static class RoutingRequests
{
    private static readonly (string Slot, string[] Words)[] Slots =
    [
        ("{app}", ["Outlook", "SAP", "Jira", "Teams", "Okta"]),
        ("{folder}", ["finance", "the sales share", "HR", "projects"]),
        ("{name}", ["Anna", "Mr Keller", "Fatima", "Ben"]),
        ("{number}", ["3", "12", "30", "200"]),
    ];

    public static IReadOnlyList<RoutingRequest> Read(string file)
    {
        var tiers = ModelTiers.All.ToList();
        var requests = new List<RoutingRequest>();
        foreach (var (line, template) in File.ReadLines(file).Select((line, at) => (line.Split('\t'), at)))
        {
            foreach (var (wording, at) in line[2].Split(" || ").Select((wording, at) => (wording, at)))
            {
                for (var filling = 0; filling < 4; filling++)
                {
                    var text = Slots.Aggregate(wording, (filled, slot) => filled.Replace(slot.Slot, slot.Words[(template + at + filling) % slot.Words.Length], StringComparison.Ordinal));
                    requests.Add(new RoutingRequest(template, tiers.IndexOf(line[0]), line[1], text));
                }
            }
        }

        // Wordings without slots come once.
        return [.. requests.DistinctBy(request => request.Text)];
    }
}
