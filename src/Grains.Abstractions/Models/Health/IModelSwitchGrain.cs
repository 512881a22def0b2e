using Steward.Identity;

namespace Steward.Models.Health;

/// <summary>
/// The operator's switch of the degradation ladder for the whole cluster: which step is forced, who forced it and why, and how it stood before. Key: <see cref="GrainKeys.ModelSwitch"/>, one for the cluster; persisted. Silos follow it with the next round in
/// which they tell each other of the models' health. The platform only: a tenant's admins force a step for their tenant (<see cref="ModelSettings.ForcedDegradation"/>).
/// </summary>
[Alias("steward.model-switch")]
public interface IModelSwitchGrain : IGrainWithStringKey
{
    /// <summary>Forces a step, or releases it, in place of what was; the last word counts. A repetition with the id of one of the last turns changes nothing.</summary>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c> names the field.</exception>
    [Alias("turn")]
    Task<ModelSwitchView> Turn(TurnModelSwitch turn, CancellationToken cancellationToken = default);

    /// <summary>How it stands, and how it was turned lately.</summary>
    [Alias("read")]
    Task<ModelSwitchView> Read(CancellationToken cancellationToken = default);

    /// <summary>How it stands, for silos.</summary>
    [Alias("follow")]
    Task<ModelSwitchPosition> Follow(CancellationToken cancellationToken = default);
}

/// <summary>How the switch is to be turned.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.turn-model-switch")]
public sealed record TurnModelSwitch
{
    /// <summary>Of this turn, 1 to 64 printable characters: a repetition has the same.</summary>
    [Id(0)]
    public required string Id { get; init; }

    /// <summary><c>full</c>, <c>reduced</c>, <c>cached</c> or <c>queue</c>; null releases it, so that each silo decides for itself.</summary>
    [Id(1)]
    public string? Step { get; init; }

    /// <summary>Who turns it, 1 to 100 printable characters: kept and logged.</summary>
    [Id(2)]
    public required string By { get; init; }

    /// <summary>Why, 1 to 500 printable characters: kept and logged.</summary>
    [Id(3)]
    public required string Reason { get; init; }

    /// <summary>How long the step is forced, 1 second to 365 days; null is until it is released. Only with a step.</summary>
    [Id(4)]
    public TimeSpan? For { get; init; }
}

/// <summary>How the switch stands, and how it was turned.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.model-switch-view")]
public sealed record ModelSwitchView
{
    /// <summary>How it stands now.</summary>
    [Id(0)]
    public required ModelSwitchPosition Position { get; init; }

    /// <summary>The last 100 turns, the latest first. Whether the first one is still in force is the position's matter: its time may be over.</summary>
    [Id(1)]
    public IReadOnlyList<ModelSwitchTurn> Turns { get; init; } = [];
}

/// <summary>How the switch stands.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.model-switch-position")]
public sealed record ModelSwitchPosition
{
    /// <summary>The step that is forced; null when none is.</summary>
    [Id(0)]
    public string? Step { get; init; }

    /// <summary>How long it still is; null is until it is released. Not a time of day, so that the silos' clocks may differ.</summary>
    [Id(1)]
    public TimeSpan? Left { get; init; }
}

/// <summary>One turn of the switch.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.model-switch-turn")]
public sealed record ModelSwitchTurn
{
    /// <summary>Its id.</summary>
    [Id(0)]
    public required string Id { get; init; }

    /// <summary>When.</summary>
    [Id(1)]
    public required DateTimeOffset At { get; init; }

    /// <summary>Who.</summary>
    [Id(2)]
    public required string By { get; init; }

    /// <summary>Why.</summary>
    [Id(3)]
    public required string Reason { get; init; }

    /// <summary>The step that was forced; null when one was released.</summary>
    [Id(4)]
    public string? Step { get; init; }

    /// <summary>When that ended or ends by itself; null when it does not.</summary>
    [Id(5)]
    public DateTimeOffset? Until { get; init; }
}
