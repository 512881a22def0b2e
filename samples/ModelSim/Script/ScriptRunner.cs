using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Steward.ModelSim;

/// <summary>Chooses the reply for a request and counts the uses of the rules.</summary>
internal sealed partial class ScriptRunner(ModelScript script)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private readonly Lock gate = new();
    private readonly List<Entry> entries = [.. script.Rules.Select(rule => new Entry(rule))];

    public ModelScript Script => script;

    /// <summary>Puts a rule before all others.</summary>
    public void Prepend(ModelRule rule)
    {
        lock (gate)
        {
            entries.Insert(0, new Entry(rule));
        }
    }

    /// <summary>Puts a rule after all others, before the default.</summary>
    public void Append(ModelRule rule)
    {
        lock (gate)
        {
            entries.Add(new Entry(rule));
        }
    }

    /// <summary>The reply and the rule's name; null if nothing matches and there is no default.</summary>
    public (ModelReply Reply, string Rule)? Choose(ChatRequest request)
    {
        lock (gate)
        {
            for (var i = 0; i < entries.Count; i++)
            {
                var entry = entries[i];
                if (entry.Used < (entry.Rule.Times ?? int.MaxValue) && Matches(entry.Rule.When, request, out var groups))
                {
                    entry.Used++;
                    return (Fill(entry.Rule.Reply, groups), entry.Rule.Name ?? $"rule {(i + 1).ToString(System.Globalization.CultureInfo.InvariantCulture)}");
                }
            }
        }

        return script.Default is { } reply ? (reply, "default") : null;
    }

    private static bool Matches(ModelMatch when, ChatRequest request, out IReadOnlyDictionary<string, string> groups)
    {
        var found = new Dictionary<string, string>();
        groups = found;
        return (when.Model is null || when.Model == request.Model)
            && (when.LastRole is null || when.LastRole == request.LastRole)
            && (when.LastMessageContains is null || Contains(request.LastText, when.LastMessageContains))
            && (when.LastUserMessageContains is null || Contains(request.LastUserText, when.LastUserMessageContains))
            && (when.AnyMessageContains is null || request.Texts.Any(t => Contains(t, when.AnyMessageContains)))
            && (when.ToolOffered is null || request.Tools.Contains(when.ToolOffered))
            && (when.Turn is null || when.Turn == request.Turn)
            && (when.Step is null || when.Step == request.Step)
            && (when.Stream is null || when.Stream == request.Stream)
            && Captures(when.LastMessageMatches, request.LastText, found)
            && Captures(when.LastUserMessageMatches, request.LastUserText, found);
    }

    private static bool Contains(string text, string part) => text.Contains(part, StringComparison.OrdinalIgnoreCase);

    private static bool Captures(string? pattern, string text, Dictionary<string, string> groups)
    {
        if (pattern is null)
        {
            return true;
        }

        var match = Regex.Match(text, pattern, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, Patience);
        foreach (Group group in match.Groups)
        {
            groups[group.Name] = group.Value;
        }

        return match.Success;
    }

    private static ModelReply Fill(ModelReply reply, IReadOnlyDictionary<string, string> groups) => groups.Count == 0 ? reply : reply with
    {
        Text = reply.Text is null ? null : Fill(reply.Text, groups),
        ToolCalls = [.. reply.ToolCalls.Select(call => call with { Arguments = Fill(call.Arguments, groups) })],
    };

    private static JsonNode? Fill(JsonNode? node, IReadOnlyDictionary<string, string> groups) => node switch
    {
        JsonObject json => new JsonObject(json.Select(p => KeyValuePair.Create(p.Key, Fill(p.Value, groups)))),
        JsonArray array => new JsonArray([.. array.Select(item => Fill(item, groups))]),
        JsonValue value when value.GetValueKind() == System.Text.Json.JsonValueKind.String => JsonValue.Create(Fill(value.GetValue<string>(), groups)),
        _ => node?.DeepClone(),
    };

    private static string Fill(string text, IReadOnlyDictionary<string, string> groups) =>
        Placeholder().Replace(text, m => groups.GetValueOrDefault(m.Groups[1].Value, m.Value));

    [GeneratedRegex(@"\$\{(\w+)\}")]
    private static partial Regex Placeholder();

    private sealed class Entry(ModelRule rule)
    {
        public ModelRule Rule { get; } = rule;

        public int Used { get; set; }
    }
}
