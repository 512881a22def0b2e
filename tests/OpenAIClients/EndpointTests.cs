using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Steward.ModelSim;

namespace Steward.OpenAIClients.Tests;

/// <summary>What no client shows: the bytes of streams, and what becomes of a call whose client has gone.</summary>
[Collection(StewardEndpointGroup.Name)]
public sealed class EndpointTests(StewardEndpoint steward)
{
    [Fact]
    public async Task Stream_ClientGoes_UpstreamIsCancelledWithinAMoment()
    {
        using var http = steward.Http();
        using (var answer = await StreamAsync(http, "steward/mid", "endless, and nobody reads on"))
        {
            await using var body = await answer.Content.ReadAsStreamAsync();
            Assert.NotEqual(0, await body.ReadAsync(new byte[256]));
        }

        var upstream = Assert.Single(steward.First.Requests, request => Question(request) == "endless, and nobody reads on");
        await UntilAsync(() => upstream.Outcome == RequestOutcome.Aborted);
    }

    [Fact]
    public async Task Whole_ClientGoes_UpstreamIsCancelledWithinAMoment()
    {
        using var http = steward.Http();
        using var gone = new CancellationTokenSource();
        var asking = http.PostAsJsonAsync("chat/completions", Body("steward/mid", "endless, and nobody waits", stream: false), gone.Token);
        await UntilAsync(() => steward.First.Requests.Any(request => Question(request) == "endless, and nobody waits"));
        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        var upstream = Assert.Single(steward.First.Requests, request => Question(request) == "endless, and nobody waits");
        await UntilAsync(() => upstream.Outcome == RequestOutcome.Aborted);
    }

    // A key that stood there twice would be asked again at once when it is over its limit.
    [Fact]
    public void Silo_ReadsItsConfiguration_EveryKeyAndModelOnce()
    {
        var options = steward.ModelsOptions;

        Assert.All(options.Providers.Values, provider => Assert.Single(provider.ApiKeys));
        Assert.Equal(["first/sim-large", "second/sim-large"], options.Chains["standard"]);
        Assert.Equal(["first/sim-embedding", "second/sim-embedding"], options.Embedders);
    }

    // The order that issue 7 asks for, with what else has a place in it (decision 23). Inspection has none until its engine exists.
    [Fact]
    public void Silo_EveryCall_PassesItsStagesInTheirOrder() => Assert.Equal(
        ["policy", "degradation", "costs", "judging", "experiments", "exact-cache", "semantic-cache", "routing", "degradation", "capabilities", "admission", "budget"], steward.Stages);

    // The same person gets the answer again; another one does not, nor does whoever wants it anew.
    [Fact]
    public async Task Answer_AskedForAgain_ComesFromTheCacheUnlessItIsNotWanted()
    {
        using var http = steward.Http(usesCaches: true);
        using var other = steward.Http(steward.Token(user: "u-eve"), usesCaches: true);
        using var anew = steward.Http();
        var question = $"Which colours has the flag of country {Guid.NewGuid():N}?";

        async Task<(string? Cache, string? Text)> AskAsync(HttpClient client, double? temperature = null)
        {
            using var answer = await client.PostAsJsonAsync("chat/completions", new { model = "steward/mid", messages = new[] { new { role = "user", content = question } }, temperature = temperature ?? 0 });
            var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
            return (answer.Headers.GetValues("x-steward-cache").Single(), body.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        }

        var first = await AskAsync(http);
        Assert.Equal("miss", first.Cache);
        Assert.Equal(("exact", first.Text), await AskAsync(http));
        Assert.Equal("miss", (await AskAsync(other)).Cache);
        Assert.Equal("miss", (await AskAsync(anew)).Cache);
        Assert.Equal("miss", (await AskAsync(http, temperature: 0.7)).Cache);
        Assert.Equal("miss", (await AskAsync(http, temperature: 0.7)).Cache);
        Assert.Equal(5, steward.First.Requests.Count(request => Question(request) == question));
    }

    // Which tier was enough is said of a known answer, too.
    [Fact]
    public async Task Answer_OfATierThatWasChosen_SaysTheSameTierFromTheCache()
    {
        var tenant = await steward.TenantAsync();
        using var http = steward.Http(steward.Token(tenant), usesCaches: true);
        async Task<(string Tier, string Cache)> AskAsync()
        {
            using var answer = await http.PostAsJsonAsync("chat/completions", Body("steward/auto", "What is a VPN?", stream: false));
            return (answer.Headers.GetValues("x-steward-tier").Single(), answer.Headers.GetValues("x-steward-cache").Single());
        }

        Assert.Equal([("fast", "miss"), ("fast", "exact")], new[] { await AskAsync(), await AskAsync() });
    }

    [Fact]
    public async Task Stream_CutAfterItsFirstToken_SaysSoAndHasNoEnd()
    {
        using var http = steward.Http();
        using var answer = await StreamAsync(http, "steward/power", "cut stream");
        var text = await answer.Content.ReadAsStringAsync();

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("\"error\":{", text, StringComparison.Ordinal);
        Assert.Contains("model_stream_broken", text, StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"finish_reason\":\"stop\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_SilentProvider_FallsBackUnseen()
    {
        using var http = steward.Http();
        using var answer = await StreamAsync(http, "steward/power", "silent provider");
        var text = await answer.Content.ReadAsStringAsync();

        Assert.Contains("second", text, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("error", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Responses_CutAfterItsFirstToken_EndsAsFailedAndError()
    {
        using var http = steward.Http();
        using var answer = await http.PostAsJsonAsync("responses", new { model = "steward/power", input = "cut stream", stream = true });
        var text = await answer.Content.ReadAsStringAsync();

        Assert.Contains("event: response.failed\n", text, StringComparison.Ordinal);
        Assert.Contains("event: error\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("response.completed", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "nothing", null, 404, "unknown_url")]
    [InlineData("GET", "chat/completions", null, 405, "unknown_url")]
    [InlineData("POST", "chat/completions", "not json", 400, "invalid_argument")]
    [InlineData("POST", "chat/completions", "[1]", 400, "invalid_argument")]
    [InlineData("POST", "chat/completions", """{"model":"steward/mid","messages":[]}""", 400, "invalid_argument")]
    [InlineData("POST", "chat/completions", """{"model":"steward/mid","messages":[{"role":"user","content":[{"type":"input_audio"}]}]}""", 400, "invalid_argument")]
    [InlineData("POST", "chat/completions", """{"model":"steward/mid","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://10.0.0.1/x.png"}}]}]}""", 400, "invalid_argument")]
    [InlineData("POST", "chat/completions", """{"model":"steward/agent","messages":[{"role":"user","content":"Hi"}],"temperature":0}""", 400, "invalid_argument")]
    [InlineData("POST", "chat/completions", """{"model":"steward/agent/nobody-knows","messages":[{"role":"user","content":"Hi"}]}""", 502, "run_failed")]
    [InlineData("POST", "embeddings", """{"model":"steward/embedder","input":[1,2]}""", 400, "invalid_argument")]
    [InlineData("POST", "embeddings", """{"model":"second/sim-embedding","input":"Hi"}""", 403, "model_not_allowed")]
    [InlineData("POST", "responses", """{"model":"steward/mid","input":"Hi","tools":[{"type":"web_search"}]}""", 400, "invalid_argument")]
    [InlineData("POST", "responses", """{"model":"steward/mid","input":"Hi","conversation":"conv_1"}""", 400, "invalid_argument")]
    public async Task Refusal_IsInOpenAIsShape(string method, string path, string? body, int status, string code)
    {
        using var http = steward.Http();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();

        Assert.True((int)answer.StatusCode == status, $"{(int)answer.StatusCode}: {text}");
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        using var document = JsonDocument.Parse(text);
        var error = document.RootElement.GetProperty("error");
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.Equal(["code", "message", "param", "type"], error.EnumerateObject().Select(member => member.Name).Order());
    }

    [Fact]
    public async Task Body_TooLargeOrNotJson_IsRefusedInOpenAIsShape()
    {
        using var http = steward.Http();
        // Asked first, so that nothing is sent that is not read.
        http.DefaultRequestHeaders.ExpectContinue = true;
        using var large = await http.PostAsync("chat/completions", new StringContent(new string('x', (8 * 1024 * 1024) + 1), Encoding.UTF8, "application/json"));
        using var form = await http.PostAsync("chat/completions", new StringContent("a=b", Encoding.UTF8, "application/x-www-form-urlencoded"));

        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, HttpStatusCode.UnsupportedMediaType), (large.StatusCode, form.StatusCode));
        Assert.Contains("\"error\"", await form.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Agent_RepeatedWithItsKey_IsOneRun()
    {
        using var http = steward.Http();
        http.DefaultRequestHeaders.Add("Idempotency-Key", "one-run-please");
        using var first = await http.PostAsJsonAsync("chat/completions", Body("steward/agent", "Hi agent", stream: false));
        using var second = await http.PostAsJsonAsync("chat/completions", Body("steward/agent", "Hi agent", stream: false));

        var run = Assert.Single(first.Headers.GetValues("x-steward-run-id"));
        Assert.StartsWith("r-", run, StringComparison.Ordinal);
        Assert.Equal(run, Assert.Single(second.Headers.GetValues("x-steward-run-id")));
        Assert.Single(steward.First.Requests, request => request.Body.ToJsonString().Contains("Hi agent", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Settings_Changed_HoldWithinTheirStaleness()
    {
        using var http = steward.Http(steward.Token("t-changing"));
        using (var before = await http.PostAsJsonAsync("chat/completions", Body("first/sim-large", "Hi", stream: false)))
        {
            Assert.Equal(HttpStatusCode.Forbidden, before.StatusCode);
        }

        await steward.SetAsync("t-changing", settings => settings with { Models = ["*"] });

        var status = HttpStatusCode.Forbidden;
        await UntilAsync(async () =>
        {
            using var after = await http.PostAsJsonAsync("chat/completions", Body("first/sim-large", "Hi", stream: false));
            status = after.StatusCode;
            return status == HttpStatusCode.OK;
        });
        Assert.Equal(HttpStatusCode.OK, status);
    }

    [Fact]
    public async Task SettingsApi_ReadChangedAndRefused_SaysItsRevision()
    {
        using var admin = steward.Http(steward.Token("t-api", "u-boss", "admin"));
        admin.BaseAddress = new Uri(steward.Url.Replace("/openai/v1", "/v1/", StringComparison.Ordinal));
        using var read = await admin.GetAsync("model-settings");
        using var change = new HttpRequestMessage(HttpMethod.Put, "model-settings") { Content = JsonContent.Create(new { models = new[] { "*" }, requiredTags = new[] { "project" }, costCaps = new Dictionary<string, decimal> { ["*"] = 0.5m } }) };
        change.Headers.TryAddWithoutValidation("If-Match", read.Headers.ETag!.Tag);
        using var changed = await admin.SendAsync(change);
        Assert.True(changed.IsSuccessStatusCode, await changed.Content.ReadAsStringAsync());
        using var late = await admin.PutAsJsonAsync("model-settings", new { revision = 0 });
        using var bumped = await admin.PostAsJsonAsync("model-settings/sources", new { source = "handbook" });
        using var employee = steward.Http(steward.Token("t-api"));
        employee.BaseAddress = admin.BaseAddress;
        using var forbidden = await employee.GetAsync("model-settings");

        Assert.Equal(("\"0\"", "\"1\""), (read.Headers.ETag.Tag, changed.Headers.ETag!.Tag));
        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.Forbidden), (late.StatusCode, forbidden.StatusCode));
        Assert.Equal(1, (await bumped.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("version").GetInt64());
        var settings = await admin.GetFromJsonAsync<JsonElement>("model-settings");
        Assert.Equal((1, 1L), (settings.GetProperty("revision").GetInt32(), settings.GetProperty("sourceVersions").GetProperty("handbook").GetInt64()));
    }

    private static object Body(string model, string question, bool stream) => new { model, messages = new[] { new { role = "user", content = question } }, stream };

    private static async Task<HttpResponseMessage> StreamAsync(HttpClient http, string model, string question)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "chat/completions") { Content = JsonContent.Create(Body(model, question, stream: true)) };
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private static string? Question(RecordedRequest request) => (string?)request.Body["messages"]?.AsArray().LastOrDefault()?["content"];

    private static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!await condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
        }
    }
}
