namespace Steward.Engines.Orchestration.Dag;

/// <summary>One step of a graph, as its runner sees it.</summary>
internal sealed record DagStep
{
    /// <summary>Unique in the run's journal.</summary>
    public required string Id { get; init; }

    /// <summary>The steps that have to be over before it begins.</summary>
    public required IReadOnlyList<string> Needs { get; init; }

    /// <summary>Those of <see cref="Needs"/> whose results go into its call.</summary>
    public IReadOnlyList<string> Inputs { get; init; } = [];

    /// <summary>Whether it changes nothing anywhere.</summary>
    public bool OnlyReads { get; init; }

    /// <summary>Whether it may begin before it is known to be needed; only for steps that only read.</summary>
    public bool MayStartEarly { get; init; }
}
