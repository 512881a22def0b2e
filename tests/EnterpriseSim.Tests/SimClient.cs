using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Steward.EnterpriseSim.Tests;

/// <summary>A plain HTTP client of one simulated system.</summary>
internal sealed class SimClient(Uri baseUrl, AuthenticationHeaderValue? authorization) : IDisposable
{
    private readonly HttpMessageInvoker http = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    public static SimClient Okta(EnterpriseSimulation sim) => new(sim.Okta, new("SSWS", sim.Credentials.OktaApiToken));

    public static SimClient ServiceNow(EnterpriseSimulation sim) =>
        new(sim.ServiceNow, Basic(sim.Credentials.ServiceNowUser, sim.Credentials.ServiceNowPassword));

    public static SimClient Jira(EnterpriseSimulation sim) =>
        new(sim.Jira, Basic(sim.Credentials.JiraEmail, sim.Credentials.JiraApiToken));

    public static AuthenticationHeaderValue Basic(string user, string password) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));

    public async Task<Answer> SendAsync(HttpMethod method, string pathOrUrl, HttpContent? content = null, (string Name, string Value)? header = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(baseUrl, pathOrUrl)) { Content = content };
        request.Headers.Authorization = authorization;
        if (header is var (name, value))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await http.SendAsync(request, CancellationToken.None);
        var text = await response.Content.ReadAsStringAsync();
        return new Answer(
            (int)response.StatusCode,
            text.Length == 0 ? null : JsonNode.Parse(text),
            response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key, h => h.Value.ToArray(), StringComparer.OrdinalIgnoreCase));
    }

    public Task<Answer> GetAsync(string pathOrUrl) => SendAsync(HttpMethod.Get, pathOrUrl);

    public Task<Answer> PostAsync(string pathOrUrl, JsonNode? body = null) => SendAsync(HttpMethod.Post, pathOrUrl, Json(body));

    public static StringContent? Json(JsonNode? body) => body is null ? null : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");

    public static FormUrlEncodedContent Form(params (string Name, string Value)[] fields) =>
        new(fields.Select(f => KeyValuePair.Create(f.Name, f.Value)));

    public void Dispose() => http.Dispose();
}

internal sealed record Answer(int Status, JsonNode? Body, IReadOnlyDictionary<string, string[]> Headers)
{
    public string Header(string name) => string.Join(", ", Headers.GetValueOrDefault(name) ?? []);

    public JsonArray Array => Body!.AsArray();

    /// <summary>The URL of a link relation; null if there is none.</summary>
    public string? Link(string relation) => (Headers.GetValueOrDefault("Link") ?? [])
        .SelectMany(h => h.Split(','))
        .Select(l => l.Split(';', StringSplitOptions.TrimEntries))
        .Where(l => l.Length == 2 && l[1] == $"rel=\"{relation}\"")
        .Select(l => l[0].Trim('<', '>'))
        .FirstOrDefault();
}
