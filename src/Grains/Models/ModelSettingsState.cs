namespace Steward.Models;

/// <summary>What is persisted of a tenant's settings of models.</summary>
[GenerateSerializer]
[Alias("steward.model-settings-state")]
internal sealed class ModelSettingsState
{
    /// <summary>The settings.</summary>
    [Id(0)]
    public ModelSettings Settings { get; set; } = new();

    /// <summary>How often all people's answers were to be forgotten by the caches.</summary>
    [Id(1)]
    public long ForgottenOfAll { get; set; }

    /// <summary>The same for single people, by user id, beyond that.</summary>
    [Id(2)]
    public Dictionary<string, long> Forgotten { get; set; } = new(StringComparer.Ordinal);
}
