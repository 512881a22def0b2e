namespace Steward.Models.Health;

/// <summary>What is persisted of the operator's switch.</summary>
[GenerateSerializer]
[Alias("steward.model-switch-state")]
internal sealed class ModelSwitchState
{
    /// <summary>How it was turned, the latest last. The last one is what stands, until its time is over.</summary>
    [Id(0)]
    public List<ModelSwitchTurn> Turns { get; set; } = [];
}
