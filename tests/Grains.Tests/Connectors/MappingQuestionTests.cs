using Microsoft.Extensions.DependencyInjection;
using Steward.Client;
using Steward.Connectors;
using Steward.Engines.Connectors.Mapping;
using Steward.Engines.Models;
using Steward.Engines.Security;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Testing;

namespace Steward.Grains.Tests.Connectors;

/// <summary>Models that are asked for mappings answer when they like: no call of the connector waits for that.</summary>
public sealed class MappingQuestionTests : IClassFixture<SystemCluster>, IDisposable
{
    private const string Tenant = "t-acme";
    private const string Output = "    output: { fields: { number: key, assignedTo: owner } }\n";
    private const string Proposal = """{"pairs":[{"from":"number","to":"reference","confidence":0.9}]}""";

    private static readonly SuggestMappings Wanted = new() { Operation = "tickets.get", Direction = "in", Fields = ["reference", "assignee"] };
    private static readonly SchemaField[] Sources = [new("number", ValueTypes.Text)];
    private static readonly SchemaField[] Targets = [new("reference", ValueTypes.Text)];

    private readonly TaskCompletionSource<string> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualTimeProvider _time = new();
    private readonly SystemCluster _cluster;

    public MappingQuestionTests(SystemCluster cluster)
    {
        _cluster = cluster;

        // Holds for this flow only.
        cluster.SignIn(Tenant, "u-admin", WellKnownRoles.Admin);
    }

    public void Dispose()
    {
        _answer.TrySetResult("{}");
        _cluster.Model.Answer = null;
        _cluster.QuestionsToLose = 0;
    }

    [Fact]
    public async Task SuggestMappings_ModelIsSlow_NeitherItNorAnyOtherCallWaits()
    {
        var connector = await _cluster.CreateAsync("slow-model", Output);
        _cluster.Model.Answer = token => _answer.Task.WaitAsync(token);

        var going = await connector.SuggestMappings(Wanted);
        Assert.Equal(("running", 0), (going.Model, going.Suggestions.Count));
        var waiting = connector.WaitForMappings(going.UnderWay!);

        // The last two do not interleave with anything.
        Assert.NotNull(await connector.GetInfo());
        Assert.Single(await connector.TestMappings(new TestMappings { Operation = "tickets.get", Direction = "in", MappingsJson = "[]", SamplesJson = ["{}"] }));
        Assert.Equal("Renamed", (await connector.Update(new UpdateConnector { Title = "Renamed" })).Title);
        Assert.Equal("Again", (await connector.Update(new UpdateConnector { Title = "Again" })).Title);
        Assert.False(_answer.Task.IsCompleted);

        _answer.SetResult(Proposal);
        var suggested = await connector.WaitedForAsync((await waiting)!);
        Assert.Equal(("used", "scripted"), (suggested.Model, suggested.ModelName));
        Assert.Equal([("number", "reference", "model"), ("assignedTo", "assignee", "names")], suggested.Suggestions.Select(one => (one.From, one.To, one.Source)));
    }

    [Fact]
    public async Task WaitForMappings_SomebodyElses_IsNotKnown()
    {
        var connector = await _cluster.CreateAsync("own-questions", Output);
        _cluster.Model.Answer = _ => Task.FromResult(Proposal);
        var going = await connector.SuggestMappings(Wanted);

        _cluster.SignIn(Tenant, "u-eve", WellKnownRoles.Admin);
        Assert.Null(await connector.WaitForMappings(going.UnderWay!));
        _cluster.SignIn(Tenant, "u-admin");
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => connector.WaitForMappings(going.UnderWay!))).Code);
        _cluster.SignIn(Tenant, "u-admin", WellKnownRoles.Admin);
        Assert.Null(await connector.WaitForMappings("of-nobody"));

        // An answer may be lost on its way.
        Assert.Equal("used", (await connector.WaitedForAsync(going)).Model);
        Assert.Equal("used", (await connector.WaitedForAsync(going)).Model);
    }

    [Fact]
    public async Task SuggestMappings_ModelFails_ItIsSaidAndNamesAreUsed()
    {
        await _cluster.CreateAsync("failing-model", Output);
        _cluster.Model.Answer = _ => throw new ModelException("model_unavailable", "Nobody answers.");
        await using var services = Services();

        var suggested = await Connectors(services).SuggestMappingsAsync("failing-model", Wanted);

        Assert.Equal(("failed", "scripted"), (suggested.Model, suggested.ModelName));
        Assert.Equal([("assignedTo", "assignee", "names")], suggested.Suggestions.Select(one => (one.From, one.To, one.Source)));
    }

    [Fact]
    public async Task SuggestMappings_QuestionIsLost_ClientAsksAgain()
    {
        await _cluster.CreateAsync("lost-question", Output);
        _cluster.Model.Answer = _ => Task.FromResult(Proposal);
        await using var services = Services();
        var before = _cluster.Model.Calls;

        _cluster.QuestionsToLose = 2;
        Assert.Equal("used", (await Connectors(services).SuggestMappingsAsync("lost-question", Wanted)).Model);
        _cluster.QuestionsToLose = 3;
        Assert.Equal(ErrorCodes.Unavailable, (await Assert.ThrowsAsync<StewardException>(() => Connectors(services).SuggestMappingsAsync("lost-question", Wanted))).Code);

        // The model of a question that is lost is asked beside all this.
        await Conversing.UntilAsync(() => Task.FromResult(_cluster.Model.Calls - before == 6));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SuggestMappings_ConnectorIsDeletedOrItsSiloStops_ModelIsStopped(bool isDeleted)
    {
        var connector = await _cluster.CreateAsync("left-question", Output);
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _cluster.Model.Answer = token =>
        {
            token.Register(stopped.SetResult);
            return _answer.Task.WaitAsync(token);
        };
        await connector.SuggestMappings(Wanted);

        await (isDeleted ? connector.Delete() : _cluster.RestartAsync());

        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Wait_ModelHasNotAnswered_IsAnsweredSoon()
    {
        var questions = Questions();
        var going = await AskAsync(questions);

        var waiting = questions.WaitAsync(going.UnderWay!, "u-ada", CancellationToken.None);
        Assert.False(waiting.IsCompleted);
        _time.Advance(CallsUnderWay.AnswerWithin);

        Assert.Equal(going.UnderWay, (await waiting)!.UnderWay);
        _answer.SetResult(Proposal);
        Assert.Equal("used", (await AnswerAsync(questions, going)).Model);
    }

    [Fact]
    public async Task Wait_CallerLeaves_ModelIsStopped()
    {
        var questions = Questions();
        var going = await AskAsync(questions);
        using var leaving = new CancellationTokenSource();

        var waiting = questions.WaitAsync(going.UnderWay!, "u-ada", leaving.Token);
        await leaving.CancelAsync();

        var error = await Assert.ThrowsAsync<StewardException>(() => waiting);
        Assert.Equal((ErrorCodes.Unavailable, true), (error.Code, error.IsRetryable));
    }

    [Fact]
    public async Task Ask_AsManyAsMayBe_IsRefusedUntilOneHasItsAnswer()
    {
        var questions = Questions();
        var first = await AskAsync(questions);
        for (var number = 1; number < MappingQuestions.MaxKept; number++)
        {
            await AskAsync(questions);
        }

        Assert.Equal(ErrorCodes.Overloaded, (await Assert.ThrowsAsync<StewardException>(() => AskAsync(questions))).Code);

        _answer.SetResult(Proposal);
        await AnswerAsync(questions, first);
        Assert.NotNull((await AskAsync(questions)).UnderWay);
        Assert.Null(await questions.WaitAsync(first.UnderWay!, "u-ada", CancellationToken.None));
    }

    [Fact]
    public async Task Stop_OthersAreAskedMeanwhile_AllThatThereWereAreStopped()
    {
        var (started, stopped) = (new CountdownEvent(2), 0);
        MappingQuestions? questions = null;
        questions = new MappingQuestions(_time, new ScriptedModel
        {
            Answer = token =>
            {
                if (!started.IsSet)
                {
                    token.Register(() =>
                    {
                        stopped++;
                        AskAsync(questions!);
                    });
                    started.Signal();
                }

                return _answer.Task.WaitAsync(token);
            },
        });
        await AskAsync(questions);
        await AskAsync(questions);
        Assert.True(started.Wait(TimeSpan.FromSeconds(30)));

        await questions.StopAsync();

        Assert.Equal(2, stopped);
    }

    [Fact]
    public async Task Ask_NoModelIsConfigured_AnswersFromNames()
    {
        var suggested = await new MappingQuestions(_time).AskAsync(Tenant, "u-ada", Targets, Targets);

        Assert.Equal(("not_configured", null, null), (suggested.Model, suggested.ModelName, suggested.UnderWay));
        Assert.Equal("names", Assert.Single(suggested.Suggestions).Source);
    }

    [Fact]
    public void Methods_OfTheQuestions_HaveNoLongerResponseTimeoutThanTheClusters() =>
        Assert.Empty(new[] { nameof(IConnectorGrain.SuggestMappings), nameof(IConnectorGrain.WaitForMappings) }
            .SelectMany(method => typeof(IConnectorGrain).GetMethod(method)!.GetCustomAttributes(typeof(ResponseTimeoutAttribute), inherit: false)));

    private static Task<SuggestedMappings> AskAsync(MappingQuestions questions) => questions.AskAsync(Tenant, "u-ada", Sources, Targets);

    // The clock stands still, so that it is the answer that ends the wait.
    private static async Task<SuggestedMappings> AnswerAsync(MappingQuestions questions, SuggestedMappings going) =>
        (await questions.WaitAsync(going.UnderWay!, "u-ada", CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)))!;

    private MappingQuestions Questions() => new(_time, new ScriptedModel { Answer = token => _answer.Task.WaitAsync(token) });

    private ServiceProvider Services() => new ServiceCollection()
        .AddLogging()
        .AddSingleton((IClusterClient)_cluster.Grains)
        .AddSingleton(_cluster.Signer)
        .AddSingleton(_cluster.Silo.GetRequiredService<SecretSealer>())
        .AddStewardClient()
        .BuildServiceProvider();

    private static IConnectorClient Connectors(ServiceProvider services) =>
        services.GetRequiredService<IStewardClient>().For(new CallerIdentity { TenantId = Tenant, UserId = "u-admin", Roles = [WellKnownRoles.Admin] }).Connectors;
}

/// <summary>Suggestions, however long the model takes.</summary>
internal static class SuggestedMappingsWaits
{
    /// <summary>Asks and waits.</summary>
    public static async Task<SuggestedMappings> SuggestedAsync(this IConnectorGrain connector, SuggestMappings wanted) => await connector.WaitedForAsync(await connector.SuggestMappings(wanted));

    /// <summary>Waits for what is under way.</summary>
    public static async Task<SuggestedMappings> WaitedForAsync(this IConnectorGrain connector, SuggestedMappings suggested)
    {
        while (suggested.UnderWay is { } question)
        {
            suggested = (await connector.WaitForMappings(question))!;
        }

        return suggested;
    }
}
