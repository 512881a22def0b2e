using Steward.Engines.Approvals.Calendars;
using Steward.Engines.Approvals.Chains;
using Steward.Engines.Approvals.People;
using Steward.Engines.Approvals.Rules.Conditions;

namespace Steward.Engines.Approvals.Rules;

/// <summary>A tenant's rules, read and checked: which chain which request takes. Safe for concurrent use.</summary>
public sealed class RuleSet
{
    /// <summary>The most rules.</summary>
    public const int MaxRules = 500;

    internal RuleSet()
    {
    }

    /// <summary>Of a tenant that has no rules: the chain is what the action policy names.</summary>
    public static RuleSet None { get; } = new();

    /// <summary>The version; 0 when it is none of a tenant's.</summary>
    public int Version { get; init; }

    /// <summary>The rules in the order in which they are tried: by priority, then as they stand in the file.</summary>
    public IReadOnlyList<ApprovalRule> Rules { get; init; } = [];

    /// <summary>The chain where no rule matches; null for what the action policy names.</summary>
    public ChainDefinition? Default { get; init; }

    /// <summary>The calendars.</summary>
    public IReadOnlyList<CalendarDefinition> Calendars { get; init; } = [];

    /// <summary>The times in which changes are frozen.</summary>
    public IReadOnlyList<FreezeDefinition> Freezes { get; init; } = [];

    /// <summary>The zone in which conditions mean hours, weekdays and dates.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>What is allowed but probably not meant.</summary>
    public IReadOnlyList<RuleWarning> Warnings { get; init; } = [];

    /// <summary>False when this release cannot read the version any more: then every request goes to the tenant's admins.</summary>
    public bool IsReadable { get; init; } = true;

    /// <summary>Mirrors that a stored version names and that this release finds faulty: its chains go without them.</summary>
    public IReadOnlyList<RuleWarning> Dropped { get; init; } = [];

    /// <summary>Where the environment of a request stands, by which freezes are limited.</summary>
    internal ConditionField Environment { get; init; } = new FieldCatalog().Find("environment")!;

    /// <summary>Stands for a version that was accepted once and that this release cannot read any more.</summary>
    public static RuleSet Unreadable(int version) => new() { Version = version, IsReadable = false, Default = PolicyChain.Of([]) };

    /// <summary>The calendar of a chain; null when every hour counts.</summary>
    public CalendarDefinition? CalendarOf(ChainDefinition chain)
    {
        ArgumentNullException.ThrowIfNull(chain);
        return chain.Calendar is null ? null : Calendars.FirstOrDefault(calendar => calendar.Name == chain.Calendar);
    }

    /// <summary>
    /// Finds the chain of a request: that of the first rule that matches, else the default, else one of those whom the action policy names, else one of the tenant's admins. There is always one, and somebody is
    /// always asked. Conditions see the time at which the request was made; freezes see <paramref name="now"/>.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="directory">Who works here; asked only when a condition needs it.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="DirectoryUnavailableException">The directory was needed and could not be asked.</exception>
    public async ValueTask<RuleVerdict> DecideAsync(ApprovalRequest request, IDirectory directory, DateTimeOffset now, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(directory);
        var facts = new RequestFacts(request, directory, TimeZone);
        var tried = new List<RuleTrial>();
        ApprovalRule? matched = null;
        foreach (var rule in Rules)
        {
            var outcome = rule.When is null ? new ConditionOutcome(Truth.True, "it is for every request") : await rule.When.EvaluateAsync(facts, cancellationToken);
            tried.Add(new RuleTrial(tried.Count + 1, rule.Name, outcome.Truth, outcome.Reason));
            if (outcome.Truth == Truth.True || (outcome.Truth == Truth.Unknown && rule.MatchesUnknown))
            {
                matched = rule;
                break;
            }
        }

        var chain = matched?.Then ?? Default ?? PolicyChain.Of(request.PolicyApprovers);
        return new RuleVerdict
        {
            Version = Version,
            Rule = matched?.Name,
            Explanation = RuleExplanation.Of(this, matched, tried, request.PolicyApprovers.Count > 0),
            Tried = tried,
            Chain = chain,
            Calendar = CalendarOf(chain),
            Freeze = await FreezeOfAsync(request, facts, now, cancellationToken),
        };
    }

    private async ValueTask<FreezeNotice?> FreezeOfAsync(ApprovalRequest request, RequestFacts facts, DateTimeOffset now, CancellationToken cancellationToken)
    {
        FreezeNotice? longest = null;
        var where = await facts.ReadAsync(Environment, ConditionKind.Text, cancellationToken);
        foreach (var freeze in Freezes)
        {
            if (freeze.Time.EndOf(now) is not { } end
                || (longest is not null && end <= longest.Until)
                || (freeze.Types.Count > 0 && !freeze.Types.Any(type => ConditionValue.SameText(type, request.Type)))
                || (freeze.Environments.Count > 0 && !(where.IsKnown && freeze.Environments.Any(environment => where.CompareTo(ConditionValue.OfText(environment)) == 0))))
            {
                continue;
            }

            if (freeze.When is null || (await freeze.When.EvaluateAsync(facts, cancellationToken)).Truth != Truth.False)
            {
                longest = new FreezeNotice(freeze.Name, end, freeze.Text);
            }
        }

        return longest;
    }
}

/// <summary>If a condition holds, then a chain.</summary>
public sealed record ApprovalRule
{
    /// <summary>Its name, unique in the rule set.</summary>
    public required string Name { get; init; }

    /// <summary>Smaller ones are tried first.</summary>
    public required int Priority { get; init; }

    /// <summary>When it matches; null for every request.</summary>
    public Condition? When { get; init; }

    /// <summary>Whether it also matches when it cannot be told whether its condition holds: for rules that protect.</summary>
    public bool MatchesUnknown { get; init; }

    /// <summary>The chain.</summary>
    public required ChainDefinition Then { get; init; }
}

/// <summary>Something that is allowed but probably not meant.</summary>
/// <param name="Line">The line, from 1.</param>
/// <param name="Rule">The rule; null when it is in none.</param>
/// <param name="Message">What, for people.</param>
public sealed record RuleWarning(int Line, string? Rule, string Message);
