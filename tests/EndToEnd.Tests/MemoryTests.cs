using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Steward.EnterpriseSim;
using Steward.ModelSim;

namespace Steward.EndToEnd.Tests;

/// <summary>What people are remembered by, over HTTP, and over the death of the process.</summary>
public sealed class MemoryTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _data = new();
    private EnterpriseSimulation? _simulation;

    public async Task InitializeAsync() => _simulation = await EnterpriseSimulation.StartAsync();

    public async Task DisposeAsync()
    {
        await _simulation!.DisposeAsync();
        _data.Dispose();
    }

    [Fact]
    public async Task Kill_AfterMessagesWereAccepted_AllThatTheySaidIsRemembered()
    {
        string[] likes = ["short answers", "green tea", "dark mode"];
        foreach (var thing in likes)
        {
            await using var steward = await StewardProcess.StartAsync(_data.Path, _simulation!);
            using var client = steward.SignIn();
            await client.SubmitAsync(await client.OpenSessionAsync(), $"I like {thing}.");
            await steward.KillAsync();
        }

        await using var again = await StewardProcess.StartAsync(_data.Path, _simulation!);
        using var later = again.SignIn();
        await Until(async () => (await MemoriesAsync(later)).Count >= likes.Length);
        Assert.Equal(likes.Order(), (await MemoriesAsync(later)).Order());
    }

    [Fact]
    public async Task Kill_DuringAnErasure_NothingIsLeftAndOthersKeepTheirs()
    {
        await using (var steward = await StewardProcess.StartAsync(_data.Path, _simulation!))
        {
            using var ada = steward.SignIn();
            using var other = steward.SignIn("sam.patel");
            string[] teas = ["green", "black", "white", "mint", "ginger"];
            for (var i = 0; i < teas.Length; i++)
            {
                await ada.AskAsync(await ada.OpenSessionAsync(), $"I like {teas[i]} tea.");
            }

            await other.AskAsync(await other.OpenSessionAsync(), "I like coffee.");
            await Until(async () => (await MemoriesAsync(ada)).Count == 5 && (await MemoriesAsync(other)).Count == 1);
            Assert.DoesNotContain("tea", await (await other.PostAsJsonAsync("v1/memory/search", new { text = "green mint tea" })).Content.ReadAsStringAsync(), StringComparison.Ordinal);
            using var erased = await ada.PostAsJsonAsync("v1/memory/erase", new { includeConversations = true, operationId = "all-of-it" });
            Assert.Equal(HttpStatusCode.Accepted, erased.StatusCode);
            await steward.KillAsync();
        }

        await using var again = await StewardProcess.StartAsync(_data.Path, _simulation!);
        using var later = again.SignIn();
        using var bob = again.SignIn("sam.patel");
        var receipt = default(JsonElement);
        await Until(async () => (receipt = await later.GetFromJsonAsync<JsonElement>("v1/memory/erasure")).TryGetProperty("completedAt", out _));

        Assert.Equal("all-of-it", receipt.GetProperty("operationId").GetString());
        Assert.Equal(
            [("conversations", 5), ("memories", 5), ("runs", 5)],
            receipt.GetProperty("removed").EnumerateArray().Select(part => (part.GetProperty("place").GetString()!, part.GetProperty("count").GetInt32())).Where(part => part.Item2 > 0).Order());
        Assert.Empty(await MemoriesAsync(later));
        Assert.Equal(["coffee"], await MemoriesAsync(bob));
    }

    [Fact]
    public async Task Kill_WhileWhatModelsWereAskedIsErased_NoWordOfThePersonIsLeftAndOthersKeepTheirs()
    {
        await using var model = await ModelSimulation.StartAsync();
        model.Append(new ModelRule { When = new ModelMatch { LastRole = "user" }, Reply = new ModelReply { Text = "Noted.", PromptTokens = 100, CompletionTokens = 2 } });
        var settings = new Dictionary<string, string?>
        {
            ["OPENAI_API_KEY"] = model.ApiKey,
            ["OPENAI_BASE_URL"] = model.Url.ToString(),
            ["OPENAI_MODEL"] = "sim-large",
            ["Steward:Orchestration:Strategy"] = "react",
        };
        var (adas, sams) = ("quaggamire", "okapiglen");
        string samsRun;
        await using (var steward = await StewardProcess.StartAsync(_data.Path, _simulation!, settings))
        {
            using var ada = steward.SignIn();
            using var sam = steward.SignIn("sam.patel");
            for (var i = 0; i < 6; i++)
            {
                var session = await ada.OpenSessionAsync();
                await ada.AskAsync(session, $"Please note {i}: {adas}, {new string('x', 300)}");
                await ada.AskAsync(session, $"And {adas} again.");
            }

            samsRun = await sam.SubmitAsync(await sam.OpenSessionAsync(), $"Please note {sams}, {new string('x', 300)}");
            await sam.WaitForRunAsync(samsRun, Conversations.HasEnded);
            await Until(async () => (await SecretScan.DumpAsync(Database)).Contains(adas, StringComparison.Ordinal));
            using var erased = await ada.PostAsJsonAsync("v1/memory/erase", new { includeConversations = true, operationId = "all-of-it" });
            Assert.Equal(HttpStatusCode.Accepted, erased.StatusCode);
            await steward.KillAsync();
        }

        await using (var steward = await StewardProcess.StartAsync(_data.Path, _simulation!, settings))
        {
            // In the middle, as far as it can be met.
            using var ada = steward.SignIn();
            await Until(async () => await ReceiptAsync(ada) is var receipt && (receipt.TryGetProperty("completedAt", out _) || Removed(receipt).GetValueOrDefault("conversations") >= 2));
            await steward.KillAsync();
        }

        await using var again = await StewardProcess.StartAsync(_data.Path, _simulation!, settings);
        using var later = again.SignIn();
        await Until(async () => (await ReceiptAsync(later)).TryGetProperty("completedAt", out _));

        var removed = Removed(await ReceiptAsync(later));
        Assert.Equal((6, 12), (removed["conversations"], removed["runs"]));
        Assert.True(removed["prompts and results"] > 24, $"{removed["prompts and results"]} prompts and results");
        var left = await SecretScan.DumpAsync(Database);
        Assert.DoesNotContain(adas, left, StringComparison.Ordinal);
        using var other = again.SignIn("sam.patel");
        Assert.Contains(sams, await other.GetStringAsync($"v1/runs/{samsRun}/trace?prompts=true"), StringComparison.Ordinal);
    }

    private string Database => Path.Combine(_data.Path, "steward.db");

    private static Task<JsonElement> ReceiptAsync(HttpClient client) => client.GetFromJsonAsync<JsonElement>("v1/memory/erasure");

    private static Dictionary<string, int> Removed(JsonElement receipt) =>
        receipt.GetProperty("removed").EnumerateArray().ToDictionary(part => part.GetProperty("place").GetString()!, part => part.GetProperty("count").GetInt32());

    [Fact]
    public async Task Kill_DuringConsolidations_OldVersionsGoAndNothingElseDoes()
    {
        // What does not hold any more is old after a moment, so that each consolidation has something to remove.
        var settings = new Dictionary<string, string?> { ["Steward:Memory:SupersededFor"] = "00:00:00.001" };
        string[] offices = ["Berlin", "Porto", "Dublin", "Lisbon", "Madrid"];
        await using (var steward = await StewardProcess.StartAsync(_data.Path, _simulation!, new Dictionary<string, string?> { ["Steward:Memory:SupersededFor"] = "30.00:00:00" }))
        {
            using var client = steward.SignIn();
            await client.AskAsync(await client.OpenSessionAsync(), "I like green tea.");
            await client.AskAsync(await client.OpenSessionAsync(), $"I work in {offices[0]}.");
        }

        for (var i = 1; i < offices.Length; i++)
        {
            await using var steward = await StewardProcess.StartAsync(_data.Path, _simulation!, settings);
            using var client = steward.SignIn();
            await client.AskAsync(await client.OpenSessionAsync(), $"I moved to {offices[i]} last week.");
            await Until(async () => (await MemoriesAsync(client)).Contains(offices[i]));
            var consolidations = Enumerable.Range(0, 4).Select(_ => client.PostAsync("v1/memory/consolidate", null)).ToList();

            // Each time at another place: before, in and behind the entry and the snapshot.
            await Task.WhenAny([.. consolidations, Task.Delay(TimeSpan.FromMilliseconds(2 * i))]);
            await steward.KillAsync();
            await Task.WhenAll(consolidations).ContinueWith(static _ => { }, TaskScheduler.Default);
        }

        await using var again = await StewardProcess.StartAsync(_data.Path, _simulation!, settings);
        using var later = again.SignIn();
        using var consolidated = await later.PostAsync("v1/memory/consolidate", null);
        Assert.Equal(HttpStatusCode.OK, consolidated.StatusCode);
        Assert.Equal(["Madrid", "green tea"], (await MemoriesAsync(later)).Order(StringComparer.Ordinal));
    }

    private static async Task<List<string>> MemoriesAsync(HttpClient client) =>
        [.. (await client.GetFromJsonAsync<JsonElement>("v1/memory?superseded=true")).GetProperty("memories").EnumerateArray().Select(item => item.GetProperty("value").GetString()!)];

    private static async Task Until(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(180));
        while (!await condition())
        {
            await Task.Delay(100, limit.Token);
        }
    }
}
