using Steward.Engines.Approvals.People;

namespace Steward.Engines.Approvals.Chains;

/// <summary>Whom to look up, and who must not be asked.</summary>
public sealed record LevelQuery
{
    /// <summary>The chain.</summary>
    public required ChainDefinition Chain { get; init; }

    /// <summary>The level, from 1.</summary>
    public required int Level { get; init; }

    /// <summary>The kind of request, by which delegations are limited.</summary>
    public required string Type { get; init; }

    /// <summary>Who asked: never a seat, never a stand-in.</summary>
    public required Requester Requester { get; init; }

    /// <summary>Who voted at earlier levels, or was acted for there, where the chain wants four eyes.</summary>
    public IReadOnlyList<(string? UserId, string? Email)> Voted { get; init; } = [];

    /// <summary>The seats that the level has already, for escalation.</summary>
    public IReadOnlyList<Seat> Seats { get; init; } = [];

    /// <summary>The tenant's delegations.</summary>
    public IReadOnlyList<Delegation> Delegations { get; init; } = [];

    /// <summary>The time.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>What has to be known for the next level, or the escalation of the open one, of a state.</summary>
    public static LevelQuery Of(Machine.ApprovalState state, IReadOnlyList<Delegation> delegations, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(state);
        var chain = state.Route?.Chain ?? throw new InvalidOperationException("The request has no chain yet.");
        return new()
        {
            Chain = chain,
            Level = state.OpenLevel?.Number ?? state.Levels.Count + 1,
            Type = state.Request.Type,
            Requester = state.Request.Requester,
            Voted = [.. state.Levels.Where(level => chain.FourEyes || level.Status == Machine.LevelStatus.Open).SelectMany(Voters)],
            Seats = state.OpenLevel?.Seats ?? [],
            Delegations = delegations,
            Now = now,
        };
    }

    internal bool IsRequester(Person person) => person.MayBe(Requester.UserId, Requester.Email);

    internal bool HasVoted(Person person) => Voted.Any(voter => person.MayBe(voter.UserId, voter.Email));

    private static IEnumerable<(string? UserId, string? Email)> Voters(Machine.LevelState level) => level.Votes.SelectMany<Machine.VoteState, (string?, string?)>(vote =>
        vote.For is null ? [(vote.By, vote.Email)] : [(vote.By, vote.Email), (level.Seats[vote.Seat].Person?.UserId, vote.For)]);
}

/// <summary>Looks up the people of levels.</summary>
public static class ChainResolver
{
    /// <summary>The people of a level that is to be opened.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory could not be asked; nobody is left out for that.</exception>
    public static ValueTask<ResolvedLevel> ResolveAsync(IDirectory directory, LevelQuery query, CancellationToken cancellationToken) =>
        new LevelResolution(directory, query).OpenAsync(cancellationToken);

    /// <summary>The people to ask in addition at an open level.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory could not be asked; nobody is left out for that.</exception>
    public static ValueTask<ResolvedLevel> ResolveEscalationAsync(IDirectory directory, LevelQuery query, CancellationToken cancellationToken) =>
        new LevelResolution(directory, query).EscalateAsync(cancellationToken);

    /// <summary>Who may act for the people of an open level by the delegations of now.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory could not be asked; nobody is left out for that.</exception>
    public static ValueTask<ResolvedDelegations> ResolveDelegationsAsync(IDirectory directory, LevelQuery query, CancellationToken cancellationToken) =>
        new LevelResolution(directory, query).DelegateAsync(cancellationToken);
}
