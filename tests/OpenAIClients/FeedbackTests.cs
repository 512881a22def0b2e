using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Steward.Identity;

namespace Steward.OpenAIClients.Tests;

/// <summary>What people say of answers, over HTTP: whose it is, what is kept and exported, and what experiments learn of it.</summary>
[Collection(StewardEndpointGroup.Name)]
public sealed class FeedbackTests(StewardEndpoint steward)
{
    private static readonly string Today = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Call_GoodWithConsent_IsExportedMasked()
    {
        var tenant = await steward.TenantAsync();
        using var ada = steward.Http(steward.Token(tenant));
        using var admin = steward.Http(steward.Token(tenant, "u-root", WellKnownRoles.Admin));
        var question = $"Ada asks about {Guid.NewGuid():N}: mail ben@acme.example, phone +49 170 1234567, password: hunter2!Secret9";
        var (call, answer, _) = await AskAsync(ada, question);
        var said = await SayAsync(ada, new { target = call, isGood = true, mayBeLearnt = true, input = question, answer });

        Assert.Equal((call, true, true), (said.GetProperty("target").GetString(), said.GetProperty("isGood").GetBoolean(), said.GetProperty("mayBeLearnt").GetBoolean()));
        Assert.False(said.TryGetProperty("input", out _));
        var line = Assert.Single(await ExportAsync(admin));
        var messages = JsonDocument.Parse(line).RootElement.GetProperty("messages");
        Assert.Equal(["user", "assistant"], messages.EnumerateArray().Select(message => message.GetProperty("role").GetString()));
        var input = messages[0].GetProperty("content").GetString()!;
        Assert.Equal(answer, messages[1].GetProperty("content").GetString());
        Assert.StartsWith("[name] asks about", input, StringComparison.Ordinal);
        Assert.EndsWith(": mail [mail], phone [phone], password: ***", input, StringComparison.Ordinal);

        // Taken back, nothing is left of it.
        Assert.Equal(HttpStatusCode.NoContent, (await ada.DeleteAsync(Api($"feedback/{call}"))).StatusCode);
        Assert.Empty(await ExportAsync(admin));
        Assert.Equal(HttpStatusCode.NotFound, (await ada.GetAsync(Api($"feedback/{call}"))).StatusCode);
    }

    [Fact]
    public async Task Call_TextsOfSomethingElse_AreRefused()
    {
        using var ada = steward.Http();
        var question = $"What is {Guid.NewGuid():N}?";
        var (call, answer, _) = await AskAsync(ada, question);
        await SayAsync(ada, new { target = call, isGood = true });

        await AssertRefusedAsync(await PostAsync(ada, new { target = call, isGood = true, mayBeLearnt = true, input = question, answer = answer + "!" }), HttpStatusCode.BadRequest, "answer");
        await AssertRefusedAsync(await PostAsync(ada, new { target = call, isGood = true, mayBeLearnt = true }), HttpStatusCode.BadRequest, "input");
        await AssertRefusedAsync(await PostAsync(ada, new { target = call }), HttpStatusCode.BadRequest, "isGood");
        await AssertRefusedAsync(await PostAsync(ada, new { target = call, score = 1.5 }), HttpStatusCode.BadRequest, "score");
        await AssertRefusedAsync(await PostAsync(ada, new { target = "x-1", isGood = true }), HttpStatusCode.BadRequest, "target");
    }

    [Fact]
    public async Task Call_OfSomebodyElse_IsNotFound()
    {
        using var ada = steward.Http();
        using var eve = steward.Http(steward.Token(user: "u-eve"));
        using var other = steward.Http(steward.Token("t-strict"));
        var (call, _, _) = await AskAsync(ada, $"Mine {Guid.NewGuid():N}");
        await SayAsync(ada, new { target = call, isGood = true });

        Assert.Equal(HttpStatusCode.NotFound, (await PostAsync(eve, new { target = call, isGood = false })).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await PostAsync(other, new { target = call, isGood = false })).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await eve.GetAsync(Api($"feedback/{call}"))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await ada.GetAsync(Api($"feedback/export?fromDay={Today}&toDay={Today}"))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await ada.GetAsync(Api("answer-quality"))).StatusCode);
    }

    [Fact]
    public async Task Run_EditedWithConsent_IsExportedAsItShouldHaveBeen()
    {
        var tenant = await steward.TenantAsync();
        using var ada = steward.Http(steward.Token(tenant));
        using var admin = steward.Http(steward.Token(tenant, "u-root", WellKnownRoles.Admin));
        var question = $"How do I reach {Guid.NewGuid():N}?";
        using var asked = await ada.PostAsJsonAsync("chat/completions", new { model = "steward/agent", messages = new[] { new { role = "user", content = question } } });
        var run = asked.Headers.GetValues("x-steward-run-id").Single();

        await AssertRefusedAsync(await PostAsync(ada, new { target = run, isGood = true, mayBeLearnt = true, input = question }), HttpStatusCode.BadRequest, "input");
        var said = await SayAsync(ada, new { target = run, isGood = false, edited = "By the front door.", mayBeLearnt = true });
        Assert.True(said.GetProperty("isEdited").GetBoolean());
        Assert.Equal("react-3", said.GetProperty("promptVersion").GetString());
        var messages = JsonDocument.Parse(Assert.Single(await ExportAsync(admin))).RootElement.GetProperty("messages");
        Assert.Equal([question, "By the front door."], messages.EnumerateArray().Select(message => message.GetProperty("content").GetString()));

        // Said again without consent, the texts are gone.
        await SayAsync(ada, new { target = run, isGood = true });
        Assert.Empty(await ExportAsync(admin));
    }

    [Fact]
    public async Task Thumbs_ReachTheExperimentOfTheirCallsAndRuns()
    {
        var tenant = await steward.TenantAsync();
        using var ada = steward.Http(steward.Token(tenant));
        using var admin = steward.Http(steward.Token(tenant, "u-root", WellKnownRoles.Admin));
        object Variant(string name, int most) => new { name, share = 0.5, maxOutputTokens = most };
        var spec = new { variants = new[] { Variant("now", 900), Variant("next", 901) }, metrics = new[] { new { name = "thumbs", isPrimary = true }, new { name = "escalation", isPrimary = false } } };
        using var started = await admin.PostAsJsonAsync(Api("experiments"), new { name = "answers", spec });
        Assert.True(started.StatusCode == HttpStatusCode.Created, await started.Content.ReadAsStringAsync());

        // People like what is new; of what is new one was escalated. A conversation counts once, however often it is said.
        var seen = new HashSet<string>();
        for (var i = 0; seen.Count < 2; i++)
        {
            var (call, _, variants) = await AskAsync(ada, $"Question {Guid.NewGuid():N}", $"talk-{i}");
            seen.Add(variants!);
            var said = await SayAsync(ada, new { target = call, isGood = variants == "answers=next", isEscalated = variants == "answers=next" });
            Assert.Equal(variants, Assert.Single(said.GetProperty("variants").EnumerateArray()).GetString());
            await SayAsync(ada, new { target = call, isGood = variants != "answers=next" });
            Assert.InRange(i, 0, 60);
        }

        using var asked = await ada.PostAsJsonAsync("chat/completions", new { model = "steward/agent", messages = new[] { new { role = "user", content = $"A run {Guid.NewGuid():N}" } } });
        var ran = await SayAsync(ada, new { target = asked.Headers.GetValues("x-steward-run-id").Single(), isGood = true });
        Assert.StartsWith("answers=", Assert.Single(ran.GetProperty("variants").EnumerateArray()).GetString(), StringComparison.Ordinal);
        var experiment = await admin.GetFromJsonAsync<JsonElement>(Api("experiments/answers"));
        var comparisons = experiment.GetProperty("comparisons").EnumerateArray().ToDictionary(one => one.GetProperty("metric").GetString()!);
        Assert.Equal(1, comparisons["thumbs"].GetProperty("value").GetDouble());
        Assert.True(comparisons["thumbs"].GetProperty("control").GetDouble() < 1);
        Assert.Equal(1, comparisons["escalation"].GetProperty("value").GetDouble());
        Assert.Equal(0, comparisons["escalation"].GetProperty("control").GetDouble());
    }

    private static async Task<string[]> ExportAsync(HttpClient admin)
    {
        using var answer = await admin.GetAsync(Api($"feedback/export?fromDay={Today}&toDay={DateTimeOffset.UtcNow:yyyy-MM-dd}"));
        Assert.Equal((HttpStatusCode.OK, "application/jsonl"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        return (await answer.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static async Task<(string Call, string Answer, string? Variants)> AskAsync(HttpClient client, string question, string? conversation = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "chat/completions")
        {
            Content = JsonContent.Create(new { model = "steward/mid", messages = new[] { new { role = "user", content = question } } }),
        };
        if (conversation is not null)
        {
            request.Headers.Add("x-steward-conversation", conversation);
        }

        using var answer = await client.SendAsync(request);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return (answer.Headers.GetValues("x-steward-call-id").Single(), body.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!,
            answer.Headers.TryGetValues("x-steward-variants", out var variants) ? variants.Single() : null);
    }

    // The record of a call is there a moment after its end.
    private static async Task<JsonElement> SayAsync(HttpClient client, object said)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            using var answer = await PostAsync(client, said);
            if (answer.StatusCode != HttpStatusCode.NotFound)
            {
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                return await answer.Content.ReadFromJsonAsync<JsonElement>(limit.Token);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
        }
    }

    private static async Task AssertRefusedAsync(HttpResponseMessage answer, HttpStatusCode status, string field)
    {
        using (answer)
        {
            Assert.Equal(status, answer.StatusCode);
            Assert.Equal(field, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("field").GetString());
        }
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, object said) => client.PostAsJsonAsync(Api("feedback"), said);

    // Beside the endpoint's own operations.
    private static string Api(string path) => "../../v1/" + path;
}
