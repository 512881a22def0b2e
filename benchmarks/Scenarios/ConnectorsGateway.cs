using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Steward.Benchmarks.Measuring;
using Steward.EnterpriseSim;

namespace Steward.Benchmarks.Scenarios;

/// <summary>
/// What Steward as a whole adds to a call of an external system: over HTTP to the gateway, through the connector's grains, policy, vault, chain and audit log to the simulated Okta, against the same read sent there directly. The
/// server is a process of its own; the simulated Okta shares one with the load generator.
/// </summary>
internal static class ConnectorsGateway
{
    private const string Connector = "bench";
    private const string Operation = "users.get";
    private const int WarmUpsAtOnce = 32;
    private const string Person = "ada.lovelace@acme.example";

    // The catalogue's template of Okta without its limits, which would end the measurement.
    private const string Template = """
        id: bench-okta
        version: 1.0.0
        name: Bench
        vendor: Bench
        categories: [identity]
        docs: https://bench.example/docs
        description: The simulated Okta.
        connection: { baseUrl: https://bench.okta.com }
        auth:
          - { id: token, kind: api_key, fields: [ { name: token, title: Token, secret: true } ], apply: [ { header: Authorization, value: "SSWS {token}" } ] }
        limits: [ { scope: instance, window: 1m, max: 1000000 } ]
        verify: { operation: users.get, arguments: { userId: ada.lovelace@acme.example } }
        operations:
          - id: users.get
            summary: "Reads one person. Result: id, login, email, displayName, status, title, department, city."
            path: /api/v1/users/{userId}
            effect: read
            input: { properties: { userId: { type: string, description: The login., minLength: 3, maxLength: 254, pattern: '^[^/\\?#%]+$' } }, required: [userId] }
            output: { fields: { id: id, login: profile.login, email: profile.email, displayName: profile.displayName, status: status, title: profile.title, department: profile.department, city: profile.city } }
        """;

    /// <summary>Measures pairs of a direct read and one through the gateway, one after the other.</summary>
    public static async Task<GatewayPart> MeasureAsync(int pairs, int warmUps, CancellationToken cancellationToken)
    {
        await using var simulation = await EnterpriseSimulation.StartAsync(cancellationToken: cancellationToken);
        KeyValuePair<string, string?>[] unbounded = [new("Steward:Gateway:RequestsPerSecondPerUser", "1000000"), new("Steward:Gateway:RequestBurstPerUser", "1000000")];
        await using var server = await Server.StartAsync(simulation, unbounded, cancellationToken);
        using var direct = Client(simulation.Okta, new AuthenticationHeaderValue("SSWS", simulation.Credentials.OktaApiToken));
        using var gateway = Client(server.Url, new AuthenticationHeaderValue("Bearer", server.Token(new LoadUser("u-bench", "Bench", "bench@acme.example"), roles: "admin")));
        using var created = await gateway.PostAsJsonAsync(
            "v1/connectors", new { name = Connector, template = Template, baseUrl = simulation.Okta.ToString(), secrets = new { token = simulation.Credentials.OktaApiToken } }, cancellationToken);
        if (!created.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"The connector was not created: {await created.Content.ReadAsStringAsync(cancellationToken)}");
        }

        await Parallel.ForEachAsync(Enumerable.Range(0, warmUps), new ParallelOptions { MaxDegreeOfParallelism = WarmUpsAtOnce, CancellationToken = cancellationToken }, async (number, token) =>
        {
            await DirectAsync(direct, token);
            await ThroughAsync(gateway, number, token);
            await AloneAsync(gateway, token);
        });

        var (plain, through, alone) = (new Latencies(), new Latencies(), new Latencies());
        for (var i = 0; i < pairs; i++)
        {
            // Who goes first changes, so that neither always finds what the other has left.
            if (i % 2 == 0)
            {
                plain.Add(await DirectAsync(direct, cancellationToken));
                through.Add(await ThroughAsync(gateway, warmUps + i, cancellationToken));
            }
            else
            {
                through.Add(await ThroughAsync(gateway, warmUps + i, cancellationToken));
                plain.Add(await DirectAsync(direct, cancellationToken));
            }

            alone.Add(await AloneAsync(gateway, cancellationToken));
        }

        var (bare, whole) = (plain.Summarize(), through.Summarize());
        return new GatewayPart(pairs, warmUps, bare, whole, alone.Summarize(), new LatencySummary(pairs, whole.P50 - bare.P50, whole.P95 - bare.P95, whole.P99 - bare.P99, whole.Max - bare.Max));
    }

    private static HttpClient Client(Uri address, AuthenticationHeaderValue authorization)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }, disposeHandler: true) { BaseAddress = address };
        client.DefaultRequestHeaders.Authorization = authorization;
        return client;
    }

    private static async Task<TimeSpan> DirectAsync(HttpClient client, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        using var response = await client.GetAsync($"api/v1/users/{Person}", cancellationToken);
        using var answer = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
        var elapsed = TimeProvider.System.GetElapsedTime(started);
        return answer.RootElement.GetProperty("profile").GetProperty("login").GetString() == Person ? elapsed : throw new InvalidOperationException("A direct call failed.");
    }

    // A request that ends in the gateway, once it knows who asks.
    private static async Task<TimeSpan> AloneAsync(HttpClient client, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        using var response = await client.GetAsync("v1/me", cancellationToken);
        await response.Content.ReadAsByteArrayAsync(cancellationToken);
        return response.IsSuccessStatusCode ? TimeProvider.System.GetElapsedTime(started) : throw new InvalidOperationException("The gateway did not answer.");
    }

    private static async Task<TimeSpan> ThroughAsync(HttpClient client, int number, CancellationToken cancellationToken)
    {
        var body = $$"""{"arguments":{"userId":"{{Person}}"},"actionId":"{{number.ToString(CultureInfo.InvariantCulture)}}"}""";
        var started = TimeProvider.System.GetTimestamp();
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await client.PostAsync($"v1/connectors/{Connector}/operations/{Operation}/call", content, cancellationToken);
        using var answer = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
        var elapsed = TimeProvider.System.GetElapsedTime(started);
        return answer.RootElement.TryGetProperty("result", out var result) && result.GetProperty("login").GetString() == Person
            ? elapsed
            : throw new InvalidOperationException($"A call through the gateway failed: {answer.RootElement}");
    }
}

/// <summary>Latencies in milliseconds of the same read sent directly and through the gateway, of a request that the gateway answers alone, and the differences of equal quantiles of the first two.</summary>
internal sealed record GatewayPart(int Pairs, int WarmUps, LatencySummary Direct, LatencySummary Through, LatencySummary Alone, LatencySummary Added);
