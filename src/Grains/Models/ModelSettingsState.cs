namespace Steward.Models;

/// <summary>What is persisted of a tenant's settings of models.</summary>
[GenerateSerializer]
[Alias("steward.model-settings-state")]
internal sealed class ModelSettingsState
{
    /// <summary>The settings.</summary>
    [Id(0)]
    public ModelSettings Settings { get; set; } = new();
}
