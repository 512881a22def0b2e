using Steward.Engines.Inference;
using Steward.Errors;
using Steward.Identity;
using Steward.Inference;

namespace Steward.Grains.Tests.Inference;

public class InferenceGrainTests : IAsyncLifetime
{
    private readonly InferenceCluster _cluster = new();

    private CountingEngine Engine => _cluster.Engine;

    public Task InitializeAsync() => _cluster.InitializeAsync();

    public Task DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Classify_AText_IsAskedInTheTenantsNameAndAnswered()
    {
        var deadline = DateTimeOffset.UnixEpoch.AddYears(60);
        var answer = await Topics().Classify(new ClassifyText { TenantId = "t-acme", Text = "no mail", SecondText = "laptop", Top = 2, IsBackground = true, Deadline = deadline });

        var request = Assert.IsType<ClassifyRequest>(Engine.Requests.Single());
        Assert.Equal(
            ("topics", "t-acme", "no mail", "laptop", 2, InferenceLane.Background, deadline),
            (request.Model, request.Tenant, request.Text, request.SecondText, request.Top, request.Lane, request.Deadline));
        Assert.Equal(("mail", 0.9, true), (answer.Label, answer.Confidence, answer.IsTruncated));
        Assert.Equal([new LabelScore("mail", 0.9), new LabelScore("network", 0.1)], answer.Top);
    }

    [Fact]
    public async Task Embed_Texts_GivesTheirVectorsInOrder()
    {
        var answer = await Topics().Embed(new EmbedTexts { TenantId = "t-acme", Texts = ["a", "bcd"] });

        Assert.Equal([1f, 3f], answer.Vectors.Select(vector => vector[0]));
    }

    [Fact]
    public async Task Rerank_Passages_GivesTheirPlaces()
    {
        var answer = await Topics().Rerank(new RankPassages { TenantId = "t-acme", Query = "mail", Passages = ["x", "y"] });

        Assert.Equal([new PassageScore(0, 1), new PassageScore(1, 0.5)], answer.Passages);
    }

    [Fact]
    public async Task Rerank_WithScoresOfTheFirstStage_HandsThemOnAndChecksThem()
    {
        var command = new RankPassages { TenantId = "t-acme", Query = "mail", Passages = ["x", "y"], FirstStage = [2, 1] };
        await Topics().Rerank(command);

        var error = await Assert.ThrowsAsync<StewardException>(() => Topics().Rerank(command with { FirstStage = [1] }));

        Assert.Contains(Engine.Requests, request => request is RerankRequest { FirstStage: [2, 1] });
        Assert.Equal((ErrorCodes.InvalidArgument, "firstStage"), (error.Code, error.Field));
    }

    [Theory]
    [InlineData(InferenceOutcome.Busy, ErrorCodes.Overloaded, true, null)]
    [InlineData(InferenceOutcome.DeadlinePassed, ErrorCodes.Unavailable, true, null)]
    [InlineData(InferenceOutcome.NotAvailable, ErrorCodes.Unavailable, true, null)]
    [InlineData(InferenceOutcome.UnknownModel, ErrorCodes.NotFound, false, null)]
    [InlineData(InferenceOutcome.InvalidInput, ErrorCodes.InvalidArgument, false, "texts")]
    [InlineData(InferenceOutcome.Failed, ErrorCodes.Internal, false, null)]
    public async Task Classify_WithoutAnAnswer_FailsWithTheDocumentedCode(InferenceOutcome outcome, string code, bool isRetryable, string? field)
    {
        Engine.Answers = (outcome, "texts must be fewer.", TimeSpan.FromSeconds(7));

        var error = await Assert.ThrowsAsync<StewardException>(() => Topics().Classify(new ClassifyText { TenantId = "t-acme", Text = "" }));

        Assert.Equal((code, isRetryable, field), (error.Code, error.IsRetryable, error.Field));
        Assert.Equal(outcome == InferenceOutcome.Busy, error.RetryAfter == TimeSpan.FromSeconds(7));
    }

    [Fact]
    public async Task Classify_ThatIsCancelled_LeavesTheEngine()
    {
        Engine.Hold = new TaskCompletionSource();
        using var cancellation = new CancellationTokenSource();
        var call = Topics().Classify(new ClassifyText { TenantId = "t-acme", Text = "x" }, cancellation.Token);
        await Hosting.Conversing.UntilAsync(() => Task.FromResult(Engine.Asked == 1));

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);

        // The caller knows at once; the silo is told by a message of its own.
        await Hosting.Conversing.UntilAsync(() => Task.FromResult(Engine.Left == 1));
    }

    [Fact]
    public async Task Calls_WhileOthersWait_AreNotHeldUp()
    {
        Engine.Hold = new TaskCompletionSource();
        var calls = Enumerable.Range(0, 200).Select(_ => Topics().Classify(new ClassifyText { TenantId = "t-acme", Text = "x" })).ToList();

        await Hosting.Conversing.UntilAsync(() => Task.FromResult(Engine.Asked == 200));

        Engine.Hold.SetResult();
        await Task.WhenAll(calls);
    }

    [Fact]
    public async Task Calls_OfAnybodyButThePlatform_FindNothing()
    {
        var error = await Assert.ThrowsAsync<StewardException>(() => Topics(WellKnownRoles.Admin).Classify(new ClassifyText { TenantId = "t-acme", Text = "x" }));

        Assert.Equal((ErrorCodes.NotFound, 0), (error.Code, Engine.Asked));
    }

    [Fact]
    public async Task Calls_InAnotherTenantsName_AreRefused()
    {
        var error = await Assert.ThrowsAsync<StewardException>(() => Topics().Classify(new ClassifyText { TenantId = "t-other", Text = "x" }));

        Assert.Equal((ErrorCodes.InvalidArgument, "tenantId", 0), (error.Code, error.Field, Engine.Asked));
    }

    [Fact]
    public async Task Embed_OfTooMuch_NamesTheField()
    {
        var none = await Assert.ThrowsAsync<StewardException>(() => Topics().Embed(new EmbedTexts { TenantId = "t-acme", Texts = [] }));
        var many = await Assert.ThrowsAsync<StewardException>(() => Topics().Embed(new EmbedTexts { TenantId = "t-acme", Texts = [.. Enumerable.Repeat("x", 257)] }));
        var large = await Assert.ThrowsAsync<StewardException>(() => Topics().Embed(new EmbedTexts { TenantId = "t-acme", Texts = ["x", new string('x', 1_000_001)] }));

        Assert.Equal(("texts", "texts", "texts[1]", 0), (none.Field, many.Field, large.Field, Engine.Asked));
    }

    // The identity is of the flow that calls, so that the one who asks for the grain signs in.
    private IInferenceGrain Topics(string role = WellKnownRoles.System)
    {
        _cluster.SignIn("t-acme", role);
        return _cluster.Model("topics");
    }
}
