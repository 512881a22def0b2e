using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Steward.Client;
using Steward.Errors;
using Steward.Identity;
using Steward.Models.Experiments;
using Steward.Models.Feedback;
using Steward.Models.Prompts;

namespace Steward.OpenAIClients.Tests;

/// <summary>What the typed client says over HTTP of models: settings, feedback, quality, prompts and experiments, as over grain calls.</summary>
[Collection(StewardEndpointGroup.Name)]
public sealed class TypedClientTests(StewardEndpoint steward)
{
    private static readonly DateOnly Today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);

    [Fact]
    public async Task Settings_ReadSetAndBumped_SayTheSameBothWays()
    {
        var tenant = await steward.TenantAsync();
        await using var services = Connect(steward.Token(tenant, "u-admin", WellKnownRoles.Admin));
        var settings = services.GetRequiredService<IStewardUserClient>().ModelSettings;
        var read = await settings.GetSettingsAsync();
        var set = await settings.SetSettingsAsync(read with { RequiredTags = ["project"], CostCaps = new Dictionary<string, decimal> { ["*"] = 0.5m }, SemanticThreshold = 0.97, JudgesAnswers = true, Providers = ["first"] });

        Assert.Equal((read.Revision + 1, 0.97, true), (set.Revision, set.SemanticThreshold, set.JudgesAnswers));
        Assert.Equal(["first"], set.Providers);
        set = await settings.SetSettingsAsync(set with { Providers = null });
        Assert.Equal(["first"], set.Providers);
        Assert.Equal("providers", (await Assert.ThrowsAsync<StewardException>(() => settings.SetSettingsAsync(set with { Providers = ["First!"] }))).Field);
        Assert.Equal(["project"], (await steward.Models(tenant, WellKnownRoles.Admin).GetSettingsAsync()).RequiredTags);
        Assert.Equal(ErrorCodes.Conflict, (await Assert.ThrowsAsync<StewardException>(() => settings.SetSettingsAsync(read))).Code);
        Assert.Equal(await settings.BumpSourceAsync("handbook") + 1, await settings.BumpSourceAsync("handbook"));
    }

    [Fact]
    public async Task Feedback_GivenReadExportedAndWithdrawn_IsThatOfTheApi()
    {
        var tenant = await steward.TenantAsync();
        await using var ada = Connect(steward.Token(tenant));
        await using var admin = Connect(steward.Token(tenant, "u-root", WellKnownRoles.Admin));
        var (feedback, exported) = (ada.GetRequiredService<IStewardUserClient>().Feedback, admin.GetRequiredService<IStewardUserClient>().Feedback);
        using var http = steward.Http(steward.Token(tenant));
        var question = $"What is {Guid.NewGuid():N}?";
        using var answered = await http.PostAsJsonAsync(new Uri(steward.Url + "/chat/completions"), new { model = "steward/mid", messages = new[] { new { role = "user", content = question } } });
        var answer = (await answered.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString();
        var call = answered.Headers.GetValues("x-steward-call-id").Single();
        var said = await UntilKnownAsync(() => feedback.GiveFeedbackAsync(call, new GiveFeedback { IsGood = true, Score = 0.8, MayBeLearnt = true, Input = question, Answer = answer }));

        Assert.Equal((call, true, 0.8, true), (said.Target, said.IsGood, said.Score, said.MayBeLearnt));
        Assert.Equal(said.Target, (await feedback.GetFeedbackAsync(call)).Target);
        Assert.Contains(question[..7], Assert.Single((await exported.ExportFeedbackAsync(new FeedbackExportQuery { From = Today.AddDays(-1), To = Today })).Lines), StringComparison.Ordinal);
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => feedback.ExportFeedbackAsync(new FeedbackExportQuery { From = Today, To = Today }))).Code);
        Assert.Equal(0, (await exported.GetAnswerQualityAsync()).Judge.Labelled);
        await feedback.WithdrawFeedbackAsync(call);
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => feedback.GetFeedbackAsync(call))).Code);
    }

    [Fact]
    public async Task Prompts_WrittenApprovedAndRolledBack_AreThoseOfTheApi()
    {
        var tenant = await steward.TenantAsync();
        await using var author = Connect(steward.Token(tenant, "u-root", WellKnownRoles.Admin));
        await using var reviewer = Connect(steward.Token(tenant, "u-rita", WellKnownRoles.Admin));
        var (trials, others) = (author.GetRequiredService<IStewardUserClient>().ModelTrials, reviewer.GetRequiredService<IStewardUserClient>().ModelTrials);
        foreach (var text in new[] { "Be brief, {title}.", "Be kind, {title}." })
        {
            await trials.AddPromptVersionAsync("greeting", new PromptDraft { Text = text, Variables = ["title"] });
        }

        foreach (var version in new[] { 1, 2 })
        {
            await others.ApprovePromptAsync("greeting", version);
            await trials.PublishPromptAsync("greeting", version);
        }

        Assert.Equal(["greeting"], await trials.ListPromptsAsync());
        Assert.Equal("Be kind, Ada.", await trials.PreviewPromptAsync("greeting", 2, new Dictionary<string, string> { ["title"] = "Ada" }));
        Assert.NotEmpty(await trials.DiffPromptAsync("greeting", 1, 2));
        await trials.RollBackPromptAsync("greeting");
        Assert.Equal(PromptStatus.Live, (await trials.GetPromptAsync("greeting")).Versions.Single(version => version.Version == 1).Status);
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => trials.GetPromptAsync("unknown"))).Code);
    }

    [Fact]
    public async Task Experiments_BegunAndStopped_AreThoseOfTheApi()
    {
        var tenant = await steward.TenantAsync();
        await using var admin = Connect(steward.Token(tenant, "u-root", WellKnownRoles.Admin));
        var trials = admin.GetRequiredService<IStewardUserClient>().ModelTrials;
        var spec = new ExperimentSpec { Variants = [new ExperimentVariant { Name = "a" }, new ExperimentVariant { Name = "b", MaxOutputTokens = 50 }], Metrics = [new ExperimentMetric { Name = "success", IsPrimary = true }] };
        var begun = await trials.StartExperimentAsync("short", spec);

        Assert.Equal(("short", ExperimentStatus.Running), (begun.Name, (await trials.GetExperimentAsync("short")).Status));
        Assert.Equal(["short"], await trials.ListExperimentsAsync());
        Assert.NotEqual(ExperimentStatus.Running, (await trials.StopExperimentAsync("short", "enough")).Status);
        Assert.Empty(await trials.ListDecisionsAsync("short"));
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => trials.ReplayDecisionAsync("short", 1))).Code);
    }

    private ServiceProvider Connect(string token) => new ServiceCollection()
        .AddLogging()
        .AddStewardHttpClient(options =>
        {
            options.BaseAddress = new Uri(new Uri(steward.Url), "/");
            options.Token = _ => ValueTask.FromResult(token);
        })
        .BuildServiceProvider();

    // A call is known a moment after its end.
    private static async Task<T> UntilKnownAsync<T>(Func<Task<T>> ask)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            try
            {
                return await ask();
            }
            catch (StewardException unknown) when (unknown.Code == ErrorCodes.NotFound)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
            }
        }
    }
}
