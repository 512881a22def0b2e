using Steward.Models;

namespace Steward.Client.Http;

/// <summary>The tenant's settings of models over a gateway's HTTP API.</summary>
internal sealed class HttpModelSettingsClient(HttpStewardUserClient http) : IModelSettingsClient
{
    private const string Root = "v1/model-settings";

    /// <inheritdoc/>
    public Task<ModelSettings> GetSettingsAsync(CancellationToken cancellationToken = default) =>
        http.SendAsync("model-settings.get", changes: false, static () => new HttpRequestMessage(HttpMethod.Get, Root), ModelWireJson.Forgiving.ModelSettings, cancellationToken);

    /// <inheritdoc/>
    public Task<ModelSettings> SetSettingsAsync(ModelSettings settings, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var request = new SetModelSettingsRequest
        {
            Revision = settings.Revision,
            RequiredTags = settings.RequiredTags,
            Models = settings.Models,
            CostCaps = settings.CostCaps,
            Caches = settings.Caches,
            SemanticThreshold = settings.SemanticThreshold,
            ForcedDegradation = settings.ForcedDegradation,
            JudgesAnswers = settings.JudgesAnswers,
            Providers = settings.Providers,
        };
        return http.SendAsync(
            "model-settings.set",
            changes: true,
            () => new HttpRequestMessage(HttpMethod.Put, Root) { Content = HttpStewardUserClient.Body(request, ModelWireJson.Default.SetModelSettingsRequest) },
            ModelWireJson.Forgiving.ModelSettings,
            cancellationToken,
            idempotent: false);
    }

    /// <inheritdoc/>
    public async Task<long> BumpSourceAsync(string source, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        var bumped = await http.SendAsync(
            "model-settings.bump-source",
            changes: true,
            () => new HttpRequestMessage(HttpMethod.Post, $"{Root}/sources") { Content = HttpStewardUserClient.Body(new BumpModelSourceRequest { Source = source }, ModelWireJson.Default.BumpModelSourceRequest) },
            ModelWireJson.Forgiving.ModelSourceResource,
            cancellationToken);
        return bumped.Version;
    }
}
