using Steward.Tenants;

namespace Steward.Client.Http;

/// <summary>The person's tenant over a gateway's HTTP API.</summary>
internal sealed class HttpTenantClient(HttpStewardUserClient http) : ITenantClient
{
    private const string Root = "v1/tenant";

    private static readonly ClientTenantWireJson Json = ClientTenantWireJson.Default;

    /// <inheritdoc/>
    public async Task<TenantProfile> GetAsync(CancellationToken cancellationToken = default) =>
        (await http.SendAsync("tenant.get", changes: false, static () => new HttpRequestMessage(HttpMethod.Get, Root), Json.TenantResource, cancellationToken)).ToContract();

    /// <inheritdoc/>
    public async Task<TenantProfile> SetAsync(TenantPreferences preferences, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(preferences);
        var request = new SetTenantRequest { DoubleTexting = WireMapping.ToResource(preferences.DoubleTexting), RetentionDays = preferences.RetentionDays };
        var set = await http.SendAsync(
            "tenant.set",
            changes: true,
            () => new HttpRequestMessage(HttpMethod.Put, Root) { Content = HttpStewardUserClient.Body(request, Json.SetTenantRequest) },
            Json.TenantResource,
            cancellationToken);
        return set.ToContract();
    }
}
