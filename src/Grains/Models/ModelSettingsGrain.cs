using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Steward.Engines.Models;
using Steward.Engines.Models.Gateway;
using Steward.Engines.Models.Tiers;
using Steward.Engines.Orchestration;
using Steward.Errors;
using Steward.Identity;
using Steward.Inference;
using Steward.Operations;
using Steward.Tenants;

namespace Steward.Models;

/// <summary>Owns what a tenant allows and wants of models. Persists: <see cref="ModelSettingsState"/>. Woken by: admins, silos that copy the settings, and whoever lists models.</summary>
internal sealed partial class ModelSettingsGrain(
    [PersistentState("models", StorageNames.GrainState)] IPersistentState<ModelSettingsState> state,
    IEnumerable<IChatModelSource> models,
    IEnumerable<IEmbeddingModelSource> embedders,
    IEnumerable<IRequestIntents> intents,
    OrchestrationDefinitions definitions,
    PlatformIdentity platform,
    ILogger<ModelSettingsGrain> logger) : StewardGrain, IModelSettingsGrain
{
    private const int MaxSources = 1_000;
    private const int MaxSourceLength = 96;
    private const int MaxForgotten = 256;
    private const string Steward = "steward";

    private static readonly string[] Tiers = ["auto", "fast", "mid", "power"];

    private string TenantId => GrainKeys.TenantOf(this.GetPrimaryKeyString());

    private ModelSettings Standing => state.State.Settings.Providers is null ? state.State.Settings with { Providers = [] } : state.State.Settings;

    /// <inheritdoc/>
    public Task<ModelSettings> Get(CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        return Task.FromResult(Standing);
    }

    /// <inheritdoc/>
    public async Task<ModelSettings> Set(ModelSettings settings, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        var standing = Standing;
        if (settings.Revision != standing.Revision)
        {
            throw new StewardException(ErrorCodes.Conflict, $"revision: the settings are at {standing.Revision}; read them again.") { Field = "revision" };
        }

        ModelCallRules.Check(settings);
        ModelCallRules.CheckIntents(settings.CostCaps.Keys.Except(standing.CostCaps.Keys), intents.Select(source => source.Of(TenantId)).FirstOrDefault(known => known is not null));
        state.State.Settings = settings with { Revision = settings.Revision + 1, SourceVersions = standing.SourceVersions, Providers = settings.Providers ?? standing.Providers };
        await Write();
        return Standing;
    }

    /// <inheritdoc/>
    public async Task<long> BumpSource(string source, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        if (source.Length > MaxSourceLength || source.Any(char.IsControl))
        {
            throw StewardException.Invalid("source", $"must have at most {MaxSourceLength} printable characters.");
        }

        var versions = new Dictionary<string, long>(state.State.Settings.SourceVersions, StringComparer.Ordinal);
        if (!versions.ContainsKey(source) && versions.Count >= MaxSources)
        {
            throw new StewardException(ErrorCodes.LimitReached, $"There are {MaxSources} sources, which is the most there may be. The empty name stands for all.") { Field = "source" };
        }

        var next = versions[source] = versions.GetValueOrDefault(source) + 1;
        state.State.Settings = state.State.Settings with { SourceVersions = versions };
        await Write();
        return next;
    }

    /// <inheritdoc/>
    public async Task<TenantModelSettings> GetPolicy(CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        platform.Assume(TenantId);
        var profile = await GrainFactory.GetGrain<ITenantGrain>(TenantId).GetProfile(cancellationToken);
        return new TenantModelSettings
        {
            Settings = Standing,
            Tier = profile?.Tier ?? "pro",
            ForgottenOfAll = state.State.ForgottenOfAll,
            Forgotten = new Dictionary<string, long>(state.State.Forgotten, StringComparer.Ordinal),
        };
    }

    /// <inheritdoc/>
    public async Task ForgetAnswers(string userId, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        var stand = state.State;
        if (!stand.Forgotten.ContainsKey(userId) && stand.Forgotten.Count >= MaxForgotten)
        {
            // Silos copy the list all the time: instead of growing it becomes one number for all, beyond all that there were.
            stand.ForgottenOfAll += stand.Forgotten.Values.Max() + 1;
            stand.Forgotten.Clear();
        }
        else
        {
            stand.Forgotten[userId] = stand.Forgotten.GetValueOrDefault(userId) + 1;
        }

        await Write();
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<OfferedModel>> ListModels(CancellationToken cancellationToken = default)
    {
        var (allowed, providers) = (state.State.Settings.Models, state.State.Settings.Providers ?? []);
        var offered = new List<OfferedModel>();
        if (models.Any(source => source.IsConfigured))
        {
            offered.AddRange(Tiers.Select(Own));
        }

        offered.Add(Own("agent"));
        offered.AddRange(definitions.Agents.Agents.Select(agent => Own("agent/" + agent.Id)));
        if (await CanEmbed(cancellationToken))
        {
            offered.Add(new OfferedModel { Id = ModelCallRunner.Embedder, Owner = Steward });
        }

        offered.AddRange(models.SelectMany(source => source.Names).Concat(embedders.SelectMany(source => source.Names))
            .Where(name => (allowed.Contains("*") || allowed.Contains(name)) && (providers.Count == 0 || providers.Contains(name[..name.IndexOf('/', StringComparison.Ordinal)])))
            .Select(name => new OfferedModel { Id = name, Owner = name[..name.IndexOf('/', StringComparison.Ordinal)] }));
        return offered;
    }

    // What cannot be found out is not there: a request for it would end the same way.
    private async Task<bool> CanEmbed(CancellationToken cancellationToken)
    {
        try
        {
            platform.Assume(TenantId);
            return await GrainFactory.GetGrain<IInferenceGrain>(ModelCallRunner.EmbedderModel).CanEmbed(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // A silo without an engine fails in whatever way; the other models are listed all the same.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogNoEmbedder(logger, exception);
            return false;
        }
    }

    private static OfferedModel Own(string name) => new() { Id = $"{Steward}/{name}", Owner = Steward };

    private async Task Write()
    {
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            // Memory and store may differ now: the next activation reads what really stands.
            DeactivateOnIdle();
            throw;
        }
    }

    [LoggerMessage(EventId = 7119, Level = LogLevel.Debug, Message = "Whether the platform's own embedder can answer is not known; it is not listed")]
    private static partial void LogNoEmbedder(ILogger logger, Exception exception);
}
