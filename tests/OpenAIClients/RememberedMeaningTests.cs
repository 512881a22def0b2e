using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Steward.Identity;
using Steward.Memory;
using Steward.ModelSim;

namespace Steward.OpenAIClients.Tests;

/// <summary>Memories that are found by the embedder of a provider, over HTTP: where the tenant lets it be asked, and nowhere else.</summary>
[Collection(StewardEndpointGroup.Name)]
public sealed class RememberedMeaningTests : IAsyncLifetime
{
    private readonly StewardEndpoint _steward = new()
    {
        Settings = new Dictionary<string, string?>
        {
            ["Steward:Memory:Embedder"] = "first/sim-embedding",
            ["Steward:Memory:EmbedderDimensions"] = "48",
            ["Steward:Memory:RecallPatience"] = "00:01:00",
            // Beside the one that the other tests share.
            ["Steward:Cluster:ClusterId"] = "meaning",
            ["Steward:Cluster:ServiceId"] = "meaning",
        },
    };

    public Task InitializeAsync() => _steward.InitializeAsync();

    public Task DisposeAsync() => _steward.DisposeAsync();

    [Fact]
    public async Task Search_TenantAllowsTheProvider_ItEmbedsMemoriesInPartsAndTheQuestion()
    {
        var tenant = await AllowedAsync();
        await _steward.NoteAsync(tenant, "u-ada", [.. Enumerable.Range(0, 70).Select(i => ("likes", $"kind {i} of tea")), ("manager", "Jane Doe")]);

        await UntilByMeaningAsync(tenant);

        var asked = Vectors(_steward.First);
        Assert.All(asked, request => Assert.Equal((48, true), (request.Body["dimensions"]!.GetValue<int>(), request.Body["input"]!.AsArray().Count <= 64)));
        var texts = asked.SelectMany(request => request.Body["input"]!.AsArray()).Select(text => text!.GetValue<string>()).ToList();
        Assert.Single(texts, "manager: Jane Doe");
        Assert.Equal(70, texts.Count(text => text.StartsWith("likes: kind", StringComparison.Ordinal)));
        Assert.Contains("who signs my leave", texts);

        // The same question of somebody who has no memories of their own finds nothing of it.
        Assert.Equal(0, (await SearchAsync(tenant, "u-ben")).Memories);
    }

    [Fact]
    public async Task Search_TenantDoesNotAllowTheProvider_NothingLeavesAndTheSilosOwnEmbeds()
    {
        var tenant = await _steward.TenantAsync();
        await _steward.NoteAsync(tenant, "u-ada", [("manager", "Jane Doe")]);

        await UntilByMeaningAsync(tenant);

        Assert.Empty(Vectors(_steward.First));
        Assert.Empty(Vectors(_steward.Second));
    }

    [Fact]
    public async Task Search_ProviderFails_FindsByWords()
    {
        var tenant = await AllowedAsync();
        await _steward.SetAsync(tenant, settings => settings with { Providers = ["first"] });
        await _steward.NoteAsync(tenant, "u-ada", [("manager", "Jane Doe")]);
        _steward.First.FailEmbeddings(Enumerable.Repeat(new ModelFault { Kind = ModelFaultKind.ServerError }, 100));

        Assert.Equal(("words", 1), await SearchAsync(tenant, "u-ada", "who is my manager"));
    }

    [Theory]
    [InlineData("second/other", null, "Steward:Memory:Embedder must be one of")]
    [InlineData("first/sim-embedding", "5000", "Steward:Memory:EmbedderDimensions must be")]
    public async Task Start_EmbedderThatThereIsNot_IsRefused(string embedder, string? dimensions, string problem)
    {
        var other = new StewardEndpoint { Settings = new Dictionary<string, string?> { ["Steward:Memory:Embedder"] = embedder, ["Steward:Memory:EmbedderDimensions"] = dimensions, ["Steward:Cluster:ClusterId"] = "refused", ["Steward:Cluster:ServiceId"] = "refused" } };
        try
        {
            Assert.Contains(problem, (await Assert.ThrowsAsync<OptionsValidationException>(other.InitializeAsync)).Message, StringComparison.Ordinal);
        }
        finally
        {
            await other.DisposeAsync();
        }
    }

    private static List<RecordedRequest> Vectors(ModelSimulation provider) => [.. provider.Requests.Where(request => request.Path == "/v1/embeddings")];

    private async Task<string> AllowedAsync()
    {
        var tenant = await _steward.TenantAsync();
        await _steward.SetAsync(tenant, settings => settings with { Models = ["first/sim-embedding"] });
        return tenant;
    }

    // The first question is answered by words while the vectors are computed.
    private async Task UntilByMeaningAsync(string tenant)
    {
        for (var mode = ""; mode != "words and meaning"; mode = (await SearchAsync(tenant, "u-ada")).Mode)
        {
            await Task.Delay(20);
        }
    }

    private async Task<(string Mode, int Memories)> SearchAsync(string tenant, string user, string text = "who signs my leave")
    {
        using var http = _steward.Http(_steward.Token(tenant, user));
        using var answer = await http.PostAsJsonAsync("/v1/memory/search", new { text });
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return (body.GetProperty("mode").GetString()!, body.GetProperty("memories").GetArrayLength());
    }
}
