using Orleans.Concurrency;

namespace Steward.Models;

/// <summary>What a tenant allows and wants of models. Key: <c>t-acme/i-models</c>. Silos copy it and ask again at most every two seconds while the tenant calls models.</summary>
[Alias("steward.model-settings")]
public interface IModelSettingsGrain : IGrainWithStringKey
{
    /// <summary>The settings. Admins only.</summary>
    [Alias("get")]
    Task<ModelSettings> Get(CancellationToken cancellationToken = default);

    /// <summary>Replaces the settings; <see cref="ModelSettings.SourceVersions"/> stay as they are. Admins only.</summary>
    /// <exception cref="Errors.StewardException"><c>conflict</c> when <see cref="ModelSettings.Revision"/> is not the one that holds; <c>invalid_argument</c> names the field.</exception>
    [Alias("set")]
    Task<ModelSettings> Set(ModelSettings settings, CancellationToken cancellationToken = default);

    /// <summary>Counts a change of what answers rest on, so that cached answers from before it are of no use. Admins and the platform only.</summary>
    /// <param name="source">The source, up to 96 characters; the empty name stands for all.</param>
    /// <param name="cancellationToken">Stops waiting; the change may have been counted.</param>
    /// <returns>The source's new number.</returns>
    [Alias("bump-source")]
    Task<long> BumpSource(string source, CancellationToken cancellationToken = default);

    /// <summary>
    /// Lets no cache give an answer again to whatever a person has asked until now: no silo does from two seconds after this on, and one that cannot read the settings from a minute after it on. Repeating it does no harm. The platform only.
    /// </summary>
    /// <param name="userId">The person.</param>
    /// <param name="cancellationToken">Stops waiting; it may have been done.</param>
    [Alias("forget-answers")]
    Task ForgetAnswers(string userId, CancellationToken cancellationToken = default);

    /// <summary>The settings with the tenant's tier. The platform only.</summary>
    [Alias("get-policy")]
    Task<TenantModelSettings> GetPolicy(CancellationToken cancellationToken = default);

    /// <summary>What may be asked for at the endpoint: tiers, agents, the embedder, and the configured models that the tenant allows. For everybody of the tenant.</summary>
    [Alias("list-models")]
    Task<IReadOnlyList<OfferedModel>> ListModels(CancellationToken cancellationToken = default);
}

/// <summary>A tenant's settings of models.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.model-settings-message")]
public sealed record ModelSettings
{
    /// <summary>Counts the changes; 0 when nothing was ever set.</summary>
    [Id(0)]
    public long Revision { get; init; }

    /// <summary>Tags that every call of the endpoint has to carry.</summary>
    [Id(1)]
    public IReadOnlyList<string> RequiredTags { get; init; } = [];

    /// <summary>The models that may be asked for by name, as <c>provider/model</c>; empty allows tiers only. <c>*</c> allows all that are configured.</summary>
    [Id(2)]
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>The most one call may cost by intent, in US dollars; <c>*</c> stands for all other intents.</summary>
    [Id(3)]
    public IReadOnlyDictionary<string, decimal> CostCaps { get; init; } = new Dictionary<string, decimal>();

    /// <summary>Whether answers are cached. Default true.</summary>
    [Id(4)]
    public bool Caches { get; init; } = true;

    /// <summary>The cosine from which two questions are one for the semantic cache, 0.5 to 2; above 1 switches it off. Default 0.95.</summary>
    [Id(5)]
    public double SemanticThreshold { get; init; } = 0.95;

    /// <summary>Counts changes by source.</summary>
    [Id(6)]
    public IReadOnlyDictionary<string, long> SourceVersions { get; init; } = new Dictionary<string, long>();

    /// <summary>The step of the degradation ladder that is forced: <c>full</c>, <c>reduced</c>, <c>cached</c> or <c>queue</c>; null lets the ladder decide.</summary>
    [Id(7)]
    public string? ForcedDegradation { get; init; }

    /// <summary>Whether 0.1 to 1 % of the answers are judged by the large tier in the background, at the tenant's cost. Texts are not kept for it. Default false.</summary>
    [Id(8)]
    public bool JudgesAnswers { get; init; }

    /// <summary>The providers that may be asked for this tenant, by their names in the configuration, such as those of one region: at most 200. Empty leaves all of them open. In <see cref="IModelSettingsGrain.Set"/> null, the default, keeps what stands, so that callers who do not know it open nothing; never null in what is read.</summary>
    [Id(9)]
    public IReadOnlyList<string>? Providers { get; init; }
}

/// <summary>A tenant's settings of models and its tier.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.tenant-model-settings")]
public sealed record TenantModelSettings
{
    /// <summary>The settings.</summary>
    [Id(0)]
    public required ModelSettings Settings { get; init; }

    /// <summary><c>free</c>, <c>pro</c> or <c>enterprise</c>.</summary>
    [Id(1)]
    public required string Tier { get; init; }

    /// <summary>Counts how often all people's answers had to be forgotten by the caches.</summary>
    [Id(2)]
    public long ForgottenOfAll { get; init; }

    /// <summary>The same for single people, by user id, beyond that.</summary>
    [Id(3)]
    public IReadOnlyDictionary<string, long> Forgotten { get; init; } = new Dictionary<string, long>();
}

/// <summary>Something that may be asked for at the endpoint.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.offered-model")]
public sealed record OfferedModel
{
    /// <summary>The name to ask for, such as <c>steward/fast</c> or <c>openai/gpt-4.1</c>.</summary>
    [Id(0)]
    public required string Id { get; init; }

    /// <summary>Whose: <c>steward</c> or the provider's name in the configuration.</summary>
    [Id(1)]
    public required string Owner { get; init; }
}
