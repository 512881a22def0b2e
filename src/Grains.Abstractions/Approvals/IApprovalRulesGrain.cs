using Orleans.Concurrency;

namespace Steward.Approvals;

/// <summary>A tenant's approval rules in versions, and its delegations. Key: <c>t-acme/i-approval-rules</c>.</summary>
[Alias("steward.approval-rules")]
public interface IApprovalRulesGrain : IGrainWithStringKey
{
    /// <summary>The rule set that holds, or a version; null when there is none. Admins and the platform.</summary>
    [Alias("get-rules")]
    Task<ApprovalRuleSet?> GetRules(int? version = null, CancellationToken cancellationToken = default);

    /// <summary>What holds now, without what the caller knows already: for the servers' own copies. The platform only.</summary>
    [Alias("read-current")]
    [AlwaysInterleave] // Safe: reads what is durable, in one turn.
    Task<CurrentRules> ReadCurrent(int knownVersion, long knownDelegations, CancellationToken cancellationToken = default);

    /// <summary>The versions, newest first, 200 at most; without their texts. Admins only.</summary>
    [Alias("list-versions")]
    Task<IReadOnlyList<ApprovalRuleSet>> ListVersions(CancellationToken cancellationToken = default);

    /// <summary>Checks a rule set and keeps nothing. Admins only.</summary>
    [Alias("validate")]
    Task<RuleSetCheck> Validate(string text, CancellationToken cancellationToken = default);

    /// <summary>What a rule set would have done with the tenant's past requests, compared with what holds now. Keeps nothing. Admins only.</summary>
    [Alias("simulate")]
    [AlwaysInterleave] // Safe: what holds is looked at in one turn, the rest is read from the lists. Nobody waits for thousands of requests to be tried.
    Task<RuleSimulation> Simulate(SimulateRules command, CancellationToken cancellationToken = default);

    /// <summary>Makes a rule set the one that holds for requests from now on. Admins only.</summary>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c> with each fault and its line; <c>conflict</c> when <see cref="PublishRules.ExpectedVersion"/> is another.</exception>
    [Alias("publish")]
    Task<ApprovalRuleSet> Publish(PublishRules command, CancellationToken cancellationToken = default);

    /// <summary>Publishes an earlier version again, as a new one. Admins only.</summary>
    [Alias("roll-back")]
    Task<ApprovalRuleSet> RollBack(int version, CancellationToken cancellationToken = default);

    /// <summary>The delegations that concern the caller, or all for admins and the platform; those that are over are not among them.</summary>
    [Alias("list-delegations")]
    Task<IReadOnlyList<DelegationView>> ListDelegations(CancellationToken cancellationToken = default);

    /// <summary>Lets somebody decide for the caller (or, for admins, for anybody) in a time. Idempotent by its id.</summary>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c>: to oneself, a loop, a time of over a year, or an end before its beginning.</exception>
    [Alias("add-delegation")]
    Task<DelegationView> AddDelegation(DelegationView delegation, CancellationToken cancellationToken = default);

    /// <summary>Ends a delegation. Idempotent.</summary>
    [Alias("remove-delegation")]
    Task RemoveDelegation(string delegationId, CancellationToken cancellationToken = default);

    /// <summary>Somebody surely came with an address: delegations that name it mean them from now on. The platform only.</summary>
    [Alias("know-address")]
    Task KnowAddress(string address, string userId, CancellationToken cancellationToken = default);

    /// <summary>Tells open requests of changed delegations, if that is still to be done. The platform only.</summary>
    [Alias("resume")]
    Task Resume(CancellationToken cancellationToken = default);
}

/// <summary>A version of a tenant's rules.</summary>
[GenerateSerializer]
[Alias("steward.approval-rule-set")]
public sealed record ApprovalRuleSet
{
    /// <summary>From 1.</summary>
    [Id(0)]
    public required int Version { get; init; }

    /// <summary>The rules, YAML; empty in lists.</summary>
    [Id(1)]
    public required string Text { get; init; }

    /// <summary>Who published it.</summary>
    [Id(2)]
    public required string By { get; init; }

    /// <summary>When.</summary>
    [Id(3)]
    public required DateTimeOffset At { get; init; }

    /// <summary>Why; 2,000 characters at most.</summary>
    [Id(4)]
    public string? Comment { get; init; }

    /// <summary>The version that it repeats, when it is a roll-back.</summary>
    [Id(5)]
    public int? RollsBackTo { get; init; }
}

/// <summary>What holds now.</summary>
[GenerateSerializer]
[Alias("steward.current-rules")]
public sealed record CurrentRules
{
    /// <summary>The version that holds; 0 for none.</summary>
    [Id(0)]
    public required int Version { get; init; }

    /// <summary>Its text; null when the caller knows that version, or there is none.</summary>
    [Id(1)]
    public string? Text { get; init; }

    /// <summary>Grows with each change of the delegations.</summary>
    [Id(2)]
    public required long DelegationsVersion { get; init; }

    /// <summary>The delegations; null when the caller knows them as of that version.</summary>
    [Id(3)]
    public IReadOnlyList<DelegationView>? Delegations { get; init; }
}

/// <summary>Publishes a rule set.</summary>
[GenerateSerializer]
[Alias("steward.publish-rules")]
public sealed record PublishRules
{
    /// <summary>The rules, YAML, 256 KiB at most.</summary>
    [Id(0)]
    public required string Text { get; init; }

    /// <summary>The version that holds now, as the caller knows it; null does not care; 0 for none.</summary>
    [Id(1)]
    public int? ExpectedVersion { get; init; }

    /// <summary>Why.</summary>
    [Id(2)]
    public string? Comment { get; init; }
}

/// <summary>Whether a rule set is one.</summary>
[GenerateSerializer]
[Alias("steward.rule-set-check")]
public sealed record RuleSetCheck
{
    /// <summary>What is wrong, each with its line; empty when nothing is.</summary>
    [Id(0)]
    public required IReadOnlyList<RuleFault> Errors { get; init; }

    /// <summary>What is allowed but probably not meant, for example a rule that no request can reach.</summary>
    [Id(1)]
    public IReadOnlyList<RuleFault> Warnings { get; init; } = [];
}

/// <summary>Something wrong with a rule set.</summary>
[GenerateSerializer]
[Alias("steward.rule-fault")]
public sealed record RuleFault
{
    /// <summary>The line, from 1; null when it is nowhere in particular.</summary>
    [Id(0)]
    public int? Line { get; init; }

    /// <summary>The rule; null when it is not in one.</summary>
    [Id(1)]
    public string? Rule { get; init; }

    /// <summary>What, for people.</summary>
    [Id(2)]
    public required string Message { get; init; }
}

/// <summary>Tries a rule set on past requests.</summary>
[GenerateSerializer]
[Alias("steward.simulate-rules")]
public sealed record SimulateRules
{
    /// <summary>The rules, YAML.</summary>
    [Id(0)]
    public required string Text { get; init; }

    /// <summary>Requests since then; null for the last 30 days.</summary>
    [Id(1)]
    public DateTimeOffset? Since { get; init; }

    /// <summary>The most requests to try, 1 to 5,000.</summary>
    [Id(2)]
    public int Limit { get; init; } = 1000;
}

/// <summary>What another rule set would have done.</summary>
[GenerateSerializer]
[Alias("steward.rule-simulation")]
public sealed record RuleSimulation
{
    /// <summary>How many requests were tried.</summary>
    [Id(0)]
    public required int Tried { get; init; }

    /// <summary>How many would take another chain.</summary>
    [Id(1)]
    public required int Different { get; init; }

    /// <summary>Whether there were more requests than the limit.</summary>
    [Id(2)]
    public bool IsCut { get; init; }

    /// <summary>The first hundred of those that differ.</summary>
    [Id(3)]
    public required IReadOnlyList<RuleDifference> Differences { get; init; }

    /// <summary>How many requests each rule would have matched; the empty name is for those that none did.</summary>
    [Id(4)]
    public required Dictionary<string, int> Matches { get; init; }
}

/// <summary>A request that would take another chain.</summary>
[GenerateSerializer]
[Alias("steward.rule-difference")]
public sealed record RuleDifference
{
    /// <summary>The request.</summary>
    [Id(0)]
    public required string ApprovalId { get; init; }

    /// <summary>What would be done in it, for people.</summary>
    [Id(1)]
    public required string Summary { get; init; }

    /// <summary>The rule that it took; null for none.</summary>
    [Id(2)]
    public string? RuleBefore { get; init; }

    /// <summary>The rule that it would take.</summary>
    [Id(3)]
    public string? RuleAfter { get; init; }

    /// <summary>The chain that it took, for people.</summary>
    [Id(4)]
    public required string ChainBefore { get; init; }

    /// <summary>The chain that it would take, for people.</summary>
    [Id(5)]
    public required string ChainAfter { get; init; }
}

/// <summary>Somebody decides for somebody else for a time.</summary>
[GenerateSerializer]
[Alias("steward.delegation")]
public sealed record DelegationView
{
    /// <summary>1 to 64 of a-z, 0-9 and hyphen; unique in the tenant.</summary>
    [Id(0)]
    public required string DelegationId { get; init; }

    /// <summary>Mail address of whoever is acted for.</summary>
    [Id(1)]
    public required string From { get; init; }

    /// <summary>Mail address of the delegate.</summary>
    [Id(2)]
    public required string To { get; init; }

    /// <summary>Its beginning.</summary>
    [Id(3)]
    public required DateTimeOffset Begins { get; init; }

    /// <summary>Its end.</summary>
    [Id(4)]
    public required DateTimeOffset Ends { get; init; }

    /// <summary>Only for these types; empty for all.</summary>
    [Id(5)]
    public IReadOnlyList<string> Types { get; init; } = [];

    /// <summary>Who set it up.</summary>
    [Id(6)]
    public string? By { get; init; }

    /// <summary>The user id of whoever is acted for, once somebody surely signed in with that address. Not taken from callers.</summary>
    [Id(7)]
    public string? FromUserId { get; init; }

    /// <summary>The user id of the delegate, in the same way.</summary>
    [Id(8)]
    public string? ToUserId { get; init; }
}
