using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Steward.ModelSim;

namespace Steward.OpenAIClients.Tests;

/// <summary>Whom a tenant's texts may reach, for chats and vectors, when the first provider fails: over HTTP, with the tenant's own settings.</summary>
[Collection(StewardEndpointGroup.Name)]
public sealed class ResidenceTests(StewardEndpoint steward)
{
    private static readonly ModelFault Down = new() { Kind = ModelFaultKind.ServerError, Status = 503 };

    [Fact]
    public async Task Chat_ProviderFails_TheOtherAnswersOnlyWhereTheTenantAllowsIt()
    {
        // Over its limit, and no failure: other tests find the provider as it was.
        var (open, bound) = (await steward.TenantAsync(), await steward.TenantAsync());
        await steward.SetAsync(bound, settings => settings with { Providers = ["first"] });
        var question = $"busy for residents {Guid.NewGuid():N}";

        var anywhere = await PostAsync(open, "chat/completions", new { model = "steward/mid", messages = new[] { new { role = "user", content = question } } });
        Assert.Equal(HttpStatusCode.OK, anywhere.Status);
        var before = steward.Second.Requests.Count;
        var here = await PostAsync(bound, "chat/completions", new { model = "steward/mid", messages = new[] { new { role = "user", content = question } } });

        Assert.Equal((HttpStatusCode.TooManyRequests, "rate_limit_exceeded"), (here.Status, here.Code));
        Assert.Equal(before, steward.Second.Requests.Count);
    }

    [Fact]
    public async Task Embeddings_ProviderFails_AreAskedForAgainOrElsewhereAsTheTenantAllows()
    {
        var (open, bound) = (await steward.TenantAsync(), await steward.TenantAsync());
        await steward.SetAsync(open, settings => settings with { Models = ["*"] });
        await steward.SetAsync(bound, settings => settings with { Models = ["*"], Providers = ["first"] });
        var body = new { model = "first/sim-embedding", input = "four words of text" };

        // Ten calls make room for the repetition, whatever other tests used up.
        for (var call = 0; call < 10; call++)
        {
            Assert.Equal(HttpStatusCode.OK, (await PostAsync(bound, "embeddings", body)).Status);
        }

        // The other provider of the same model answers at once.
        var before = Vectors(steward.Second);
        steward.First.FailEmbeddings(Down);
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(open, "embeddings", body)).Status);
        Assert.Equal(before + 1, Vectors(steward.Second));

        // Held to the first, the call waits and asks it again.
        var asked = Vectors(steward.First);
        steward.First.FailEmbeddings(Down);
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(bound, "embeddings", body)).Status);
        Assert.Equal(asked + 2, Vectors(steward.First));

        // What it asks to wait is longer than we do, so the client is told.
        steward.First.FailEmbeddings(new ModelFault { Kind = ModelFaultKind.RateLimited, RetryAfterSeconds = 7 });
        var limited = await PostAsync(bound, "embeddings", body);
        Assert.Equal((HttpStatusCode.TooManyRequests, "rate_limit_exceeded", TimeSpan.FromSeconds(7)), (limited.Status, limited.Code, limited.RetryAfter));
        Assert.Equal((HttpStatusCode.Forbidden, "model_not_allowed"), await StatusAsync(bound, "second/sim-embedding"));
        Assert.Equal(before + 1, Vectors(steward.Second));
    }

    private static int Vectors(ModelSimulation provider) => provider.Requests.Count(request => request.Path == "/v1/embeddings");

    private async Task<(HttpStatusCode Status, string? Code)> StatusAsync(string tenant, string model)
    {
        var (status, code, _) = await PostAsync(tenant, "embeddings", new { model, input = "text" });
        return (status, code);
    }

    private async Task<(HttpStatusCode Status, string? Code, TimeSpan? RetryAfter)> PostAsync(string tenant, string path, object body)
    {
        using var http = steward.Http(steward.Token(tenant));
        using var answer = await http.PostAsJsonAsync(path, body);
        var read = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return (answer.StatusCode, read.TryGetProperty("error", out var error) ? error.GetProperty("code").GetString() : null, answer.Headers.RetryAfter?.Delta);
    }
}
