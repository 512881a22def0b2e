using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Steward.EnterpriseSim;
using Steward.Host.Demo;

namespace Steward.EndToEnd.Tests;

/// <summary>An operator exchanges a model while tickets come in: nobody waits for it, and nobody gets an error.</summary>
public sealed class ModelVersionsStoryTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _data = new();
    private readonly TemporaryDirectory _elsewhere = new();
    private EnterpriseSimulation? _simulation;

    private string Models => Path.Combine(_data.Path, "models");

    public async Task InitializeAsync()
    {
        _simulation = await EnterpriseSimulation.StartAsync();
        Copy("1", Path.Combine(Models, "tiny-topics"));
    }

    public async Task DisposeAsync()
    {
        await _simulation!.DisposeAsync();
        _data.Dispose();
        _elsewhere.Dispose();
    }

    [NativeFact]
    public async Task Publish_WhileTicketsComeIn_TheNewVersionAnswersAndNoRequestFails()
    {
        await using var steward = await StewardProcess.StartAsync(
            _data.Path,
            _simulation!,
            new Dictionary<string, string?> { ["Steward:Inference:ModelDirectory"] = Models, ["Steward:Inference:FollowModelsEvery"] = "00:00:01" });
        using var admin = steward.Client(steward.Token(DemoTenant.Admin));
        using var set = await admin.PutAsJsonAsync("v1/triage/settings", new { version = 0, baseModel = "tiny-topics" });
        Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        Assert.Equal("base:tiny-topics:1", await VersionAsync(admin));
        using var stop = new CancellationTokenSource();
        var askers = Enumerable.Range(0, 4).Select(_ => AskAsync(admin, stop.Token)).ToList();

        Assert.Equal((0, $"tiny-topics 2: canary: 0 % of the tenants and t-acme\nin {Models}/tiny-topics-2"), await RunAsync("publish", Copy("2"), "--tenant", DemoTenant.Id));
        await UntilAsync(async () => await VersionAsync(admin) == "base:tiny-topics:2");
        Assert.Equal(0, (await RunAsync("promote", "tiny-topics", "2")).Exit);
        Assert.Equal((0, $"tiny-topics 3: everybody\nin {Models}/tiny-topics-3"), await RunAsync("publish", Copy("3")));
        await UntilAsync(async () => await VersionAsync(admin) == "base:tiny-topics:3");
        Assert.Equal(0, (await RunAsync("promote", "tiny-topics", "1")).Exit);
        await UntilAsync(async () => await VersionAsync(admin) == "base:tiny-topics:1");

        // One that somebody put there by hand, half of it.
        var broken = Path.Combine(Models, "by-hand");
        Copy("4", broken);
        await File.WriteAllTextAsync(Path.Combine(broken, "exposure.json"), """{"kind":"everyone","since":"2100-01-01T00:00:00Z"}""");
        await File.WriteAllTextAsync(Path.Combine(broken, "model.onnx"), "half");
        await UntilAsync(async () => (await admin.GetStringAsync("healthz")).Contains("1 folder of models refused", StringComparison.Ordinal));
        await stop.CancelAsync();

        var statuses = (await Task.WhenAll(askers)).SelectMany(asked => asked).ToList();
        Assert.NotEmpty(statuses);
        Assert.All(statuses, status => Assert.Equal(HttpStatusCode.OK, status));
        Assert.Equal("base:tiny-topics:1", await VersionAsync(admin));
        Assert.Contains("model.onnx has the SHA-256", steward.Output, StringComparison.Ordinal);
    }

    [NativeFact]
    public async Task Commands_WhatCannotBeDone_SayWhy()
    {
        var broken = Copy("2");
        await File.WriteAllTextAsync(Path.Combine(broken, "labels.json"), "[\"mail\",\"printer\"]");

        var check = await RunAsync("check", broken);
        var publish = await RunAsync("publish", broken);
        var canary = await RunAsync("publish", Copy("2"), "--canary", "0.1", "--shadow", "0.1");
        var promote = await RunAsync("promote", "tiny-topics", "9");
        var withdraw = await RunAsync("withdraw", "tiny-topics", "1");
        var list = await RunAsync("list");

        Assert.Equal((1, 1, 1, 1, 1, 0), (check.Exit, publish.Exit, canary.Exit, promote.Exit, withdraw.Exit, list.Exit));
        Assert.Contains("labels.json has", check.Output, StringComparison.Ordinal);
        Assert.Equal(check.Output, publish.Output);
        Assert.Contains("a version is one of both", canary.Output, StringComparison.Ordinal);
        Assert.Contains("There is no tiny-topics 9", promote.Output, StringComparison.Ordinal);
        Assert.Contains("promote one first", withdraw.Output, StringComparison.Ordinal);
        Assert.Matches("^tiny-topics +1 +classification +everybody$", list.Output);
    }

    [Fact]
    public async Task Commands_WithoutFolder_UseTheOneThatStewardJsonNames()
    {
        await File.WriteAllTextAsync(Path.Combine(_elsewhere.Path, "steward.json"), """{"Steward":{"Inference":{"ModelDirectory":"versions"}}}""");
        var second = Copy("2", Path.Combine(_elsewhere.Path, "versions", "tiny-topics-2"));
        Copy("1", Path.Combine(_elsewhere.Path, "versions", "tiny-topics-1"));

        var promote = await RunAsync("promote", ["tiny-topics", "2"], _elsewhere.Path);
        var list = await RunAsync("list", [], _elsewhere.Path);

        Assert.Equal((0, 0), (promote.Exit, list.Exit));
        Assert.True(File.Exists(Path.Combine(second, "exposure.json")));
        Assert.Matches(@"^tiny-topics +1 +classification +nobody: .*\ntiny-topics +2 +classification +everybody$", list.Output);
    }

    private static async Task<List<HttpStatusCode>> AskAsync(HttpClient client, CancellationToken stop)
    {
        var statuses = new List<HttpStatusCode>();
        while (!stop.IsCancellationRequested)
        {
            using var answer = await client.PostAsJsonAsync("v1/triage/classify", new { ticket = new { description = "mail printer vpn mail" } }, CancellationToken.None);
            statuses.Add(answer.StatusCode);

            // One person's calls are limited; this is not what is tested here.
            await Task.Delay(100, CancellationToken.None);
        }

        return statuses;
    }

    private static async Task<string?> VersionAsync(HttpClient client)
    {
        using var answer = await client.PostAsJsonAsync("v1/triage/classify", new { ticket = new { description = "mail" } });
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return body.TryGetProperty("results", out var results) && results[0].TryGetProperty("decision", out var decision) ? decision.GetProperty("version").GetString() : body.GetRawText();
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (!await condition())
        {
            await Task.Delay(100, limit.Token);
        }
    }

    private Task<(int Exit, string Output)> RunAsync(string verb, params string[] arguments) => RunAsync(verb, verb == "check" ? arguments : [.. arguments, "--models", Models], _data.Path);

    private static async Task<(int Exit, string Output)> RunAsync(string verb, string[] arguments, string directory)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Steward.Host.dll"), "models", verb, .. arguments])
        {
            WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return (process.ExitCode, (await output + await errors).Trim());
    }

    private string Copy(string version, string? target = null)
    {
        target = Directory.CreateDirectory(target ?? Path.Combine(_elsewhere.Path, Guid.NewGuid().ToString("n"))).FullName;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "tiny", "tiny-topics")))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        }

        var manifest = Path.Combine(target, "model.json");
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("\"version\": \"1\"", $"\"version\": \"{version}\"", StringComparison.Ordinal));
        return target;
    }
}
