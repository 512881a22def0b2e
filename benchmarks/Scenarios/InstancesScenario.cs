using System.CommandLine;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Steward.Benchmarks.Measuring;
using Steward.Client;
using Steward.Connectors;
using Steward.Engines.Security;
using Steward.Host.Demo;
using Steward.Identity;

namespace Steward.Benchmarks.Scenarios;

/// <summary><c>bench instances</c>: thousands of connector instances in one silo: what they hold in memory, and what a call through owner, vault and chain costs.</summary>
internal static class InstancesScenario
{
    // The first answers of each operation are learnt from: what an instance has in memory after ten calls is not yet all that it keeps. From half of the calls on it must not grow.
    private static readonly int[] Stages = [10, 100, 200];

    private const int AtOnce = 32;
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(3);

    private const string Template = """
        id: bench
        version: 1.0.0
        name: Bench
        vendor: Bench
        categories: [support]
        docs: https://bench.example/docs
        description: A server on loopback.
        connection: { baseUrl: https://bench.example }
        auth:
          - id: token
            kind: api_key
            fields: [ { name: token, title: Token, secret: true } ]
            apply: [ { header: Authorization, value: "Bearer {token}" } ]
        limits: [ { scope: instance, window: 1m, max: 1000000 } ]
        verify: { operation: things.get, arguments: { id: "1" } }
        operations:
          - id: things.get
            summary: "Reads a thing. Result: id, name."
            path: /things/{id}
            effect: read
            input: { properties: { id: { type: string, description: The id., minLength: 1, maxLength: 20 } }, required: [id] }
            output: { fields: { id: id, name: name } }
        """;

    public static Command Create()
    {
        var count = new Option<int>("--count") { Description = "Instances.", DefaultValueFactory = _ => 3500 };
        var wait = new Option<bool>("--reads-wait") { Description = "Answer no read before its audit entry is durable." };
        var (check, json) = (ResultOptions.Check(), ResultOptions.Json());
        var command = new Command("instances", "Memory and calls of thousands of connector instances in one silo.") { count, wait, check, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetRequiredValue(count), parsed.GetValue(wait), parsed.GetValue(check), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(int count, bool readsWait, bool check, string? json, CancellationToken cancellationToken)
    {
        await using var server = await StartAsync(cancellationToken);
        var url = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        await using var steward = await InProcessSteward.StartAsync(
            [new("Steward:Connectors:AllowPrivateAddresses", "true"), new("Steward:Connectors:Audit:ReadsWait", readsWait.ToString()), new("Steward:Vault:KeyFile", Path.Combine(Path.GetTempPath(), $"steward-bench-{Guid.NewGuid():n}.key"))], cancellationToken);
        var admin = steward.Client.For(new CallerIdentity { TenantId = DemoTenant.Id, UserId = "u-bench-admin", Roles = ["employee", WellKnownRoles.Admin] }).Connectors;
        var caller = steward.Employee("u-bench").Connectors;

        var empty = Heap();
        var clock = TimeProvider.System;
        var started = clock.GetTimestamp();
        var secrets = new Dictionary<string, SecretText> { ["token"] = new("bench-token") };
        await ForEachAsync(count, index => admin.CreateAsync(Name(index), new CreateConnector { TemplateText = Template, BaseUrl = url }, secrets, cancellationToken), cancellationToken);
        var createSeconds = clock.GetElapsedTime(started).TotalSeconds;
        var held = new List<HeapAfter>();
        var calling = 0.0;
        foreach (var (calls, before) in Stages.Zip(Stages.Prepend(0)))
        {
            started = clock.GetTimestamp();
            await CallAllAsync(caller, count, calls - before, cancellationToken);
            calling += clock.GetElapsedTime(started).TotalSeconds;

            // What is written beside the calls is out of the way by then.
            await Task.Delay(Settling, clock, cancellationToken);
            held.Add(new HeapAfter(calls, (double)(Heap() - empty) / count));
        }

        var latencies = new Latencies();
        // One after the other, the client's own time taken off: what owner, vault, policy and chain add to the request itself.
        var bare = new Latencies();
        await using var clients = new ServiceCollection().AddHttpClient("bare").Services.BuildServiceProvider();
        using var http = clients.GetRequiredService<IHttpClientFactory>().CreateClient("bare");
        for (var i = 0; i < 2000; i++)
        {
            var at = clock.GetTimestamp();
            (await http.GetAsync(new Uri($"{url}/things/1"), cancellationToken)).Dispose();
            bare.Add(clock.GetElapsedTime(at));
            at = clock.GetTimestamp();
            await CallAsync(caller, i % count, cancellationToken);
            latencies.Add(clock.GetElapsedTime(at));
        }

        var result = new InstancesResult(
            Machine.Read(),
            clock.GetUtcNow(),
            $"steward bench instances --count {count}{(readsWait ? " --reads-wait" : "")}",
            Machine.Orleans,
            $"{count} instances of one template in one silo, client, silo and server in one process; {Stages[^1]} calls each with the rights of an employee, {AtOnce} at a time, through stateless worker, owner, embedded vault (SQLite), chain, audit log and HTTP; heap after full collections. Then 2,000 calls one after the other, in turns with the bare request.",
            count,
            held,
            count / createSeconds,
            count * Stages[^1] / calling,
            bare.Summarize(),
            latencies.Summarize());
        Console.Out.WriteLine($"{count} instances: {string.Join(", ", held.Select(heap => $"{heap.BytesEach:0} bytes each after {heap.Calls} calls"))}; created {result.CreatedPerSecond:0}/s, {result.CallsPerSecond:0} calls/s");
        Console.Out.WriteLine($"bare p50 {result.Bare.P50:0.000} ms; through the silo p50 {result.Call.P50:0.000} ms, p99 {result.Call.P99:0.000} ms");
        return await ResultOptions.FinishAsync(
            result,
            [
                new Target($"memory of an instance after {held[^1].Calls} calls as a part of that after {held[^2].Calls}", held[^1].BytesEach / held[^2].BytesEach, "", 1.02, AtLeast: false),
                new Target("added to a call, p50", result.Call.P50 - result.Bare.P50, "ms", 0.5, AtLeast: false),
            ],
            check,
            json,
            cancellationToken);
    }

    private static string Name(int index) => $"bench-{index}";

    private static Task CallAllAsync(IConnectorClient caller, int count, int times, CancellationToken cancellationToken) =>
        ForEachAsync(count * times, index => CallAsync(caller, index % count, cancellationToken), cancellationToken);

    private static async Task CallAsync(IConnectorClient caller, int index, CancellationToken cancellationToken)
    {
        var result = await caller.CallAsync(
            new ConnectorCallCommand { Instance = Name(index), Operation = "things.get", ArgumentsJson = """{"id":"1"}""", ActionId = "bench" }, cancellationToken);
        if (result.Outcome != "succeeded")
        {
            throw new InvalidOperationException($"A call ended with {result.Outcome}: {result.Message}");
        }
    }

    private static Task ForEachAsync(int count, Func<int, Task> work, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (index, _) => await work(index));

    private static async Task<WebApplication> StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.Run(http =>
        {
            http.Response.ContentType = "application/json";
            return http.Response.WriteAsync("""{"id":"1","name":"Thing"}""", http.RequestAborted);
        });
        await app.StartAsync(cancellationToken);
        return app;
    }

    private static long Heap()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true);
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private sealed record HeapAfter(int Calls, double BytesEach);

    private sealed record InstancesResult(
        Machine Machine,
        DateTimeOffset At,
        string Command,
        string Orleans,
        string Method,
        int Instances,
        IReadOnlyList<HeapAfter> Memory,
        double CreatedPerSecond,
        double CallsPerSecond,
        LatencySummary Bare,
        LatencySummary Call);
}
