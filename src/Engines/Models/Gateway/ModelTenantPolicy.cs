namespace Steward.Engines.Models.Gateway;

/// <summary>What a tenant allows and wants of models. Read from memory on each call; changes arrive within seconds.</summary>
public sealed record ModelTenantPolicy
{
    /// <summary>What holds where nothing is set.</summary>
    public static ModelTenantPolicy Default { get; } = new();

    /// <summary>The tenant's place in queues: <c>enterprise</c>, <c>pro</c> or <c>free</c>. Default <c>pro</c>.</summary>
    public string Tier { get; init; } = "pro";

    /// <summary>Tags that every call of the endpoint has to carry.</summary>
    public IReadOnlyList<string> RequiredTags { get; init; } = [];

    /// <summary>The models that may be asked for by name, as <c>provider/model</c>; empty allows tiers only. <c>*</c> allows all that are configured.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>The most one call may cost by intent, in US dollars; <c>*</c> stands for all other intents.</summary>
    public IReadOnlyDictionary<string, decimal> CostCaps { get; init; } = new Dictionary<string, decimal>();

    /// <summary>Whether answers are cached. Default true.</summary>
    public bool Caches { get; init; } = true;

    /// <summary>The cosine from which two questions are one for the semantic cache; above 1 switches it off. Default 0.95.</summary>
    public double SemanticThreshold { get; init; } = 0.95;

    /// <summary>Counts changes of what answers rest on, by source; a cached answer is of no use once one of its sources has another number. The empty name stands for all.</summary>
    public IReadOnlyDictionary<string, long> SourceVersions { get; init; } = new Dictionary<string, long>();

    /// <summary>Whether a sample of the answers is judged by a model, at the tenant's cost. Default false.</summary>
    public bool JudgesAnswers { get; init; }

    /// <summary>The providers that may be asked, by their names in the configuration; empty leaves all of them open.</summary>
    public IReadOnlyList<string> Providers { get; init; } = [];

    /// <summary>The step of the degradation ladder that an operator forces, or null.</summary>
    public string? ForcedDegradation { get; init; }

    /// <summary>Counts how often all people's answers had to be forgotten by the caches. Default 0.</summary>
    public long ForgottenOfAll { get; init; }

    /// <summary>The same for single people, by user id, beyond <see cref="ForgottenOfAll"/>.</summary>
    public IReadOnlyDictionary<string, long> Forgotten { get; init; } = new Dictionary<string, long>();

    /// <summary>The generation of a person's answers: those of an earlier one are never given again.</summary>
    /// <param name="userId">Who asked; null for the platform's own work.</param>
    public long AnswersSince(string? userId) => ForgottenOfAll + (userId is null ? 0 : Forgotten.GetValueOrDefault(userId));
}

/// <summary>Gives each tenant its policy, from memory.</summary>
public interface IModelTenantPolicies
{
    /// <summary>The tenant's policy.</summary>
    /// <exception cref="ModelException">It cannot be read now; retryable.</exception>
    ValueTask<ModelTenantPolicy> GetAsync(string tenantId, CancellationToken cancellationToken);
}
