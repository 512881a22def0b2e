using System.Globalization;
using System.Text.Json.Nodes;
using Steward.Engines.Approvals.Chains;
using Steward.Engines.Approvals.Mirroring;

namespace Steward.Engines.Approvals.Rules;

/// <summary>Reads chains, named ones and those that stand in a rule.</summary>
internal sealed class ChainReader(IReadOnlySet<string> calendars, RuleErrors errors, bool isStored)
{
    private readonly Dictionary<string, ChainDefinition?> _named = new(StringComparer.Ordinal);

    /// <summary>Mirrors that a stored rule set goes without, since this release finds them faulty: what people decide does not depend on a record elsewhere.</summary>
    public List<(string At, string? Rule, string Message)> Dropped { get; } = [];

    /// <summary>The named chains that some rule takes.</summary>
    public HashSet<string> Used { get; } = new(StringComparer.Ordinal);

    public IEnumerable<string> Names => _named.Keys;

    public void Declare(JsonObject chains)
    {
        foreach (var (name, node) in chains)
        {
            _named[name] = Read((JsonObject)node!, $"/chains/{LocatedDocument.Escape(name)}", null);
        }
    }

    /// <summary>The chain that is named or stands at a place; null when it is faulty.</summary>
    public ChainDefinition? Then(JsonNode node, string at, string? rule)
    {
        if (node is JsonObject chain)
        {
            return Read(chain, at, rule);
        }

        var name = node.GetValue<string>();
        if (!_named.TryGetValue(name, out var named))
        {
            errors.Add(at, rule, $"there is no chain '{name}'; there are {(_named.Count == 0 ? "none" : string.Join(", ", _named.Keys.Order(StringComparer.Ordinal)))}.");
        }

        Used.Add(name);
        return named;
    }

    private ChainDefinition? Read(JsonObject node, string at, string? rule)
    {
        var levels = ((JsonArray)node["levels"]!).Select((level, i) => Level((JsonObject)level!, $"{at}/levels/{i}", rule)).ToList();
        var calendar = node["calendar"]?.GetValue<string>();
        if (calendar is not null && !calendars.Contains(calendar))
        {
            errors.Add(at + "/calendar", rule, $"there is no calendar '{calendar}'; there are {(calendars.Count == 0 ? "none" : string.Join(", ", calendars.Order(StringComparer.Ordinal)))}.");
        }

        var standard = new ChainDefinition { Levels = [] };
        return levels.Contains(null) ? null : new ChainDefinition
        {
            Levels = [.. levels.OfType<LevelDefinition>()],
            Fallback = Approvers(node["fallback"], at + "/fallback", rule) ?? [],
            ExpiresAfter = Duration(node["expires"], at + "/expires", rule) ?? standard.ExpiresAfter,
            ValidFor = Duration(node["validFor"], at + "/validFor", rule) ?? standard.ValidFor,
            FourEyes = node["fourEyes"]?.GetValue<bool>() ?? standard.FourEyes,
            Veto = node["veto"]?.GetValue<bool>() ?? standard.Veto,
            Calendar = calendar,
            Mirror = node["mirror"] is JsonObject mirror ? Mirror(mirror, at + "/mirror", rule) : null,
        };
    }

    private MirrorDefinition? Mirror(JsonObject node, string at, string? rule)
    {
        var mirror = new MirrorDefinition
        {
            Instance = node["instance"]!.GetValue<string>(),
            Kind = node["kind"]!.GetValue<string>(),
            Settings = (node["settings"] as JsonObject ?? []).ToDictionary(setting => setting.Key, setting => setting.Value!.GetValue<string>(), StringComparer.Ordinal),
        };
        var faults = MirrorSettings.Check(mirror);
        if (isStored && faults.Count > 0)
        {
            Dropped.Add((at, rule, $"no record is kept in '{mirror.Instance}': {string.Join(" ", faults.Select(fault => fault.Message))}"));
            return null;
        }

        foreach (var (setting, message) in faults)
        {
            errors.Add(setting.Length == 0 ? at : $"{at}/settings/{LocatedDocument.Escape(setting)}", rule, message);
        }

        return mirror;
    }

    private LevelDefinition? Level(JsonObject node, string at, string? rule)
    {
        var approvers = Approvers(node["approvers"], at + "/approvers", rule);
        return approvers is null ? null : new LevelDefinition
        {
            Name = node["name"]!.GetValue<string>(),
            Approvers = approvers,
            Quorum = Quorum(node["quorum"]),
            Sla = node["sla"] is JsonObject sla ? Sla(sla, at + "/sla", rule) : null,
        };
    }

    private SlaDefinition Sla(JsonObject node, string at, string? rule)
    {
        var reminders = (node["remindAfter"] as JsonArray ?? []).Select((reminder, i) => Duration(reminder, $"{at}/remindAfter/{i}", rule) ?? TimeSpan.Zero).ToList();
        if (reminders.Zip(reminders.Skip(1)).Any(pair => pair.First >= pair.Second))
        {
            errors.Add(at + "/remindAfter", rule, "reminders must come in order, each once.");
        }

        return new SlaDefinition
        {
            RemindAfter = reminders,
            EscalateAfter = Duration(node["escalateAfter"], at + "/escalateAfter", rule),
            EscalateTo = Approvers(node["escalateTo"], at + "/escalateTo", rule) ?? [],
            EndsAfter = Duration(node["endsAfter"], at + "/endsAfter", rule),
            End = node["end"]?.GetValue<string>() is { } end ? Enum.Parse<SlaEnd>(end, ignoreCase: true) : SlaEnd.Expire,
        };
    }

    private static Quorum Quorum(JsonNode? node)
    {
        if (node is null)
        {
            return Chains.Quorum.Any;
        }

        var text = node.ToString();
        return text switch
        {
            "any" => Chains.Quorum.Any,
            "all" => Chains.Quorum.All,
            _ when text.EndsWith('%') => new Quorum(QuorumKind.Percent, int.Parse(text.AsSpan(0, text.Length - 1), CultureInfo.InvariantCulture)),
            _ => new Quorum(QuorumKind.Count, node.GetValue<int>()),
        };
    }

    private List<ApproverSpec>? Approvers(JsonNode? node, string at, string? rule)
    {
        if (node is not JsonArray items)
        {
            return null;
        }

        var approvers = new List<ApproverSpec>();
        for (var i = 0; i < items.Count; i++)
        {
            var text = items[i]!.GetValue<string>();
            if (ApproverText.TryRead(text) is { } approver)
            {
                approvers.Add(approver);
            }
            else
            {
                errors.Add($"{at}/{i}", rule, $"'{Conditions.ConditionValue.Shown(text)}' names no approver; there are email:ADDRESS, user:ID, group:NAME, role:NAME and 'manager of requester' (or of an address; at most {ApproverText.MaxManagers} levels up).");
            }
        }

        return approvers.Count == items.Count ? approvers : null;
    }

    private TimeSpan? Duration(JsonNode? node, string at, string? rule)
    {
        if (node is null)
        {
            return null;
        }

        try
        {
            return DefinitionDuration.Parse(node.GetValue<string>(), at[(at.LastIndexOf('/') + 1)..]);
        }
        catch (FormatException e)
        {
            errors.Add(at, rule, e.Message);
            return null;
        }
    }
}
