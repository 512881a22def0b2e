using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Steward.Engines.Models.Caching;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Memory;
using static Steward.Grains.Tests.Memory.Remembering;

namespace Steward.Grains.Tests.Memory;

[Collection(GrainClusterGroup.Name)]
public class QuestionEmbedderTests(GrainCluster cluster)
{
    private static readonly RecallMemories Question = new() { Text = "who is my boss" };

    [Fact]
    public async Task Embed_AnEmbedderThatAnswers_GivesVectorAndVersion()
    {
        var embedder = new Embedder();
        embedder.Answer.SetResult(new TextVector(new float[] { 1, 0 }, "v1"));

        var embedded = await Of(embedder).EmbedAsync("t-acme", "u-7", Question with { Text = new string('x', 5_000) }, isInteractive: true, default);

        Assert.Equal([1, 0], embedded.Vector!);
        Assert.Equal(("v1", 300), (embedded.VectorVersion, embedder.Asked!.Length));
    }

    // A model that is being loaded, one that fails, and none now: what must always be kept to is found by words.
    [Fact]
    public async Task Embed_NoVectorInTimeOrAtAll_LeavesTheQuestionWithoutOne()
    {
        var (failing, without) = (new Embedder(), new Embedder());
        failing.Answer.SetException(new InvalidOperationException("It fails."));
        without.Answer.SetResult(null);

        Assert.Same(Question, await Of(new Embedder(), TimeSpan.FromMilliseconds(2)).EmbedAsync("t-acme", "u-7", Question, isInteractive: true, default));
        Assert.Same(Question, await Of(failing).EmbedAsync("t-acme", "u-7", Question, isInteractive: true, default));
        Assert.Same(Question, await Of(without).EmbedAsync("t-acme", "u-7", Question, isInteractive: true, default));
        Assert.Same(Question, await Of(null).EmbedAsync("t-acme", "u-7", Question, isInteractive: true, default));
    }

    [Fact]
    public async Task Search_AsThePersonAndAsOthers_FindsTheirOwnAlone()
    {
        var (user, other) = (NewUser(), NewUser());
        await cluster.NoteAsync(user, "s-0/r-0", cluster.Time.GetUtcNow(), Said("manager", "Jane Doe"));
        cluster.SignIn("t-acme", user);
        var search = cluster.Grains.GetGrain<IMemorySearchGrain>(GrainKeys.UserMemory("t-acme", user));

        Assert.Equal("Jane Doe", Assert.Single((await search.Search(Question)).Memories).Memory.Value);
        Assert.Contains(await cluster.MemoryOf(user).ListAccesses(5), access => access.Action == "search" && access.By == user);
        Assert.Equal("text", (await Assert.ThrowsAsync<Errors.StewardException>(() => search.Search(new RecallMemories { Text = "" }))).Field);
        foreach (var (tenant, stranger) in ((string, string)[])[("t-acme", other), ("t-other", user)])
        {
            cluster.SignIn(tenant, stranger, WellKnownRoles.Admin);
            Assert.Equal(Errors.ErrorCodes.NotFound, (await Assert.ThrowsAsync<Errors.StewardException>(() => search.Search(Question))).Code);
        }
    }

    private static QuestionEmbedder Of(Embedder? embedder, TimeSpan? patience = null) =>
        new(MemoryEmbedders.Of(embedder), Options.Create(new MemoryOptions { RecallPatience = patience ?? TimeSpan.FromMinutes(1) }), TimeProvider.System, NullLogger<QuestionEmbedder>.Instance);

    private sealed class Embedder : ITextEmbedder
    {
        public TaskCompletionSource<TextVector?> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string? Asked { get; private set; }

        public string Summary => "in memory";

        public ValueTask<TextVector?> EmbedAsync(string tenantId, string text, bool isInteractive, CancellationToken cancellationToken)
        {
            Asked = text;
            return new ValueTask<TextVector?>(Answer.Task);
        }
    }
}
