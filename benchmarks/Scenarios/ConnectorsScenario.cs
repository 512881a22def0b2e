using System.CommandLine;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Steward.Benchmarks.Measuring;
using Steward.Engines.Connectors;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Limits;
using Steward.Engines.Connectors.Pipeline;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security;

namespace Steward.Benchmarks.Scenarios;

/// <summary><c>bench connectors</c>: what the middleware chain adds to a call, and whether thousands of instances grow.</summary>
internal static class ConnectorsScenario
{
    private const int Calls = 4000;
    private const int Instances = 3500;
    private const int CallsPerInstance = 100;

    private const string Issue =
        """{"number":7,"title":"Login fails","body":"It does.","state":"open","user":{"login":"ada"},"assignees":[{"login":"grace"}],"labels":[{"name":"bug"}],"created_at":"2026-01-02T03:04:05Z","updated_at":"2026-01-02T03:04:05Z","html_url":"https://github.com/acme/web/issues/7"}""";

    private static readonly JsonElement Arguments = JsonSerializer.SerializeToElement(new { owner = "acme", repository = "web", number = 7 });

    public static Command Create()
    {
        var pairs = new Option<int>("--gateway-pairs") { Description = "Pairs of a direct call and one through the gateway; 0 leaves this part out.", DefaultValueFactory = _ => 4_000 };
        var warmUps = new Option<int>("--gateway-warm-ups") { Description = "Such pairs before anything is measured: until then much of the server's code has not been compiled for good.", DefaultValueFactory = _ => 20_000 };
        var (check, json) = (ResultOptions.Check(), ResultOptions.Json());
        var command = new Command("connectors", "Time and memory that the middleware chain, and Steward as a whole, add to a call of an external system.") { pairs, warmUps, check, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetRequiredValue(pairs), parsed.GetRequiredValue(warmUps), parsed.GetValue(check), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(int pairs, int warmUps, bool check, string? json, CancellationToken cancellationToken)
    {
        await using var server = await StartAsync(cancellationToken);
        var url = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddStewardConnectors(options => options.AllowPrivateAddresses = true);
        services.AddHttpClient("bare");
        await using var provider = services.BuildServiceProvider();
        var pipeline = provider.GetRequiredService<IConnectorPipeline>();
        using var bare = provider.GetRequiredService<IHttpClientFactory>().CreateClient("bare");
        var catalogued = TemplateCatalog.Find("github")!;
        // The window would end the measurement; everything else is as it ships.
        var template = catalogued.Template with { Limits = [.. catalogued.Template.Limits.Select(limit => limit with { Max = int.MaxValue / 2 })] };
        var call = CallOf(template, "github", url);

        for (var i = 0; i < 1000; i++)
        {
            await BareAsync(bare, url, cancellationToken);
            await ChainedAsync(pipeline, call, cancellationToken);
        }

        var (plain, chained) = (new Latencies(), new Latencies());
        for (var i = 0; i < Calls; i++)
        {
            // In turns, so that both see the same machine.
            plain.Add(await TimedAsync(() => BareAsync(bare, url, cancellationToken)));
            chained.Add(await TimedAsync(() => ChainedAsync(pipeline, call, cancellationToken)));
        }

        var plainBytes = await AllocatedAsync(() => BareAsync(bare, url, cancellationToken));
        var chainedBytes = await AllocatedAsync(() => ChainedAsync(pipeline, call, cancellationToken));
        var growth = await GrowAsync(pipeline, template, url, cancellationToken);
        var gateway = pairs > 0 ? await ConnectorsGateway.MeasureAsync(pairs, warmUps, cancellationToken) : null;

        var result = new ConnectorsResult(
            Machine.Read(),
            TimeProvider.System.GetUtcNow(),
            "steward bench connectors",
            $"{Calls} calls one after the other of github's issues.get to a server on loopback, in turns with the same request by a bare HttpClient that parses the answer; then {Instances} instances with {CallsPerInstance} calls each, 32 at a time. The instance's owner is in the process; a cluster adds its own hop. Then, for the gateway, {pairs} pairs of a read sent to the simulated Okta directly and one sent to a server of its own process over HTTP, through its grains, policy, vault, chain and audit log; differences of equal quantiles; {warmUps} pairs before them, 32 at a time, that do not count.",
            plain.Summarize(),
            chained.Summarize(),
            plainBytes,
            chainedBytes,
            growth,
            Machine.Orleans,
            gateway);
        var added = result.Chained.P50 - result.Bare.P50;
        Console.Out.WriteLine($"bare    p50 {result.Bare.P50:0.000} ms, p99 {result.Bare.P99:0.000} ms, {plainBytes / 1024.0:0.0} KiB");
        Console.Out.WriteLine($"chained p50 {result.Chained.P50:0.000} ms, p99 {result.Chained.P99:0.000} ms, {chainedBytes / 1024.0:0.0} KiB");
        Console.Out.WriteLine($"{Instances} instances: {growth.BytesEachAfterTen:0} bytes each after 10 calls, {growth.BytesEachAfterAll:0} after {CallsPerInstance}; {growth.CallsPerSecond:0} calls/s");
        List<Target> targets =
        [
            new("added by the chain, p50", added, "ms", 0.5, AtLeast: false),
            new("bytes of an instance after 100 calls as a part of those after 10", growth.BytesEachAfterAll / growth.BytesEachAfterTen, "", 1.1, AtLeast: false),
        ];
        if (gateway is not null)
        {
            Console.Out.WriteLine($"gateway: direct p50 {gateway.Direct.P50:0.000} ms, p99 {gateway.Direct.P99:0.000} ms; through p50 {gateway.Through.P50:0.000} ms, p99 {gateway.Through.P99:0.000} ms; the gateway alone p50 {gateway.Alone.P50:0.000} ms; added p50 {gateway.Added.P50:0.000} ms, p99 {gateway.Added.P99:0.000} ms");

            // Whoever asks the gateway instead of the system sends a request to the gateway, whatever the gateway does with it: that is not the middleware's.
            targets.Add(new Target("added by grains, policy, vault, chain and audit behind a request to the gateway, p50", gateway.Added.P50 - gateway.Alone.P50, "ms", 0.5, AtLeast: false));
        }

        return await ResultOptions.FinishAsync(
            result,
            targets,
            check,
            json,
            cancellationToken);
    }

    private static async Task<WebApplication> StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.Run(http =>
        {
            http.Response.ContentType = "application/json";
            return http.Response.WriteAsync(Issue, http.RequestAborted);
        });
        await app.StartAsync(cancellationToken);
        return app;
    }

    private static ConnectorCallRequest CallOf(ConnectorTemplate template, string name, string url) => new()
    {
        Target = new ResolvedInstance(
            new ConnectorInstance
            {
                TenantId = "t-bench",
                Name = name,
                Title = name,
                TemplateId = template.Id,
                TemplateVersion = template.Version,
                TemplateHash = "",
                BaseUrl = url,
                AuthId = template.Auth[0].Id,
            },
            template),
        Gate = new InProcessGate(
            template, new FixedCredential(new Credential(1, new Dictionary<string, SecretText> { ["token"] = new("bench-token") })), TimeProvider.System, new Random(1)),
        Operation = template.Operations.First(operation => operation.Id == "issues.get"),
        Arguments = Arguments,
        ActionId = "bench",
    };

    private static async Task BareAsync(HttpClient client, string url, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url + "/repos/acme/web/issues/7");
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer bench-token");
        using var response = await client.SendAsync(request, cancellationToken);
        using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
    }

    private static async Task ChainedAsync(IConnectorPipeline pipeline, ConnectorCallRequest call, CancellationToken cancellationToken)
    {
        if (await pipeline.ExecuteAsync(call, cancellationToken) is not ActionSucceeded)
        {
            throw new InvalidOperationException("A call failed.");
        }
    }

    private static async Task<TimeSpan> TimedAsync(Func<Task> call)
    {
        var started = TimeProvider.System.GetTimestamp();
        await call();
        return TimeProvider.System.GetElapsedTime(started);
    }

    // Of the whole process: the server's part is the same for both.
    private static async Task<long> AllocatedAsync(Func<Task> call)
    {
        var before = GC.GetTotalAllocatedBytes(precise: true);
        for (var i = 0; i < 1000; i++)
        {
            await call();
        }

        return (GC.GetTotalAllocatedBytes(precise: true) - before) / 1000;
    }

    private static async Task<Growth> GrowAsync(IConnectorPipeline pipeline, ConnectorTemplate template, string url, CancellationToken cancellationToken)
    {
        var empty = GC.GetTotalMemory(forceFullCollection: true);
        var calls = Enumerable.Range(0, Instances).Select(index => CallOf(template, $"i{index}", url)).ToArray();
        await CallAllAsync(10);
        var afterTen = GC.GetTotalMemory(forceFullCollection: true) - empty;
        var started = TimeProvider.System.GetTimestamp();
        await CallAllAsync(CallsPerInstance - 10);
        var seconds = TimeProvider.System.GetElapsedTime(started).TotalSeconds;
        var afterAll = GC.GetTotalMemory(forceFullCollection: true) - empty;
        GC.KeepAlive(calls);
        return new Growth((double)afterTen / Instances, (double)afterAll / Instances, Instances * (CallsPerInstance - 10) / seconds);

        Task CallAllAsync(int times) => Parallel.ForEachAsync(
            Enumerable.Range(0, Instances * times),
            new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = cancellationToken },
            async (index, token) => await ChainedAsync(pipeline, calls[index % Instances], token));
    }

    private sealed record Growth(double BytesEachAfterTen, double BytesEachAfterAll, double CallsPerSecond);

    private sealed record ConnectorsResult(
        Machine Machine,
        DateTimeOffset At,
        string Command,
        string Method,
        LatencySummary Bare,
        LatencySummary Chained,
        long BareBytes,
        long ChainedBytes,
        Growth Growth,
        string Orleans,
        GatewayPart? Gateway);
}
