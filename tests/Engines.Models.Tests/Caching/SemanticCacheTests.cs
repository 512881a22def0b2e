using System.Diagnostics.Metrics;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Models.Caching;
using Steward.Engines.Models.Gateway;
using Steward.Engines.Models.Tests.Gateway;
using Steward.Engines.Models.Tests.Routing;
using Steward.Engines.Models.Tiers;
using static Steward.Engines.Models.Tests.Gateway.GatewayUnderTest;

namespace Steward.Engines.Models.Tests.Caching;

public sealed class SemanticCacheTests
{
    private const string Question = "How do I reset the VPN password?";
    private const string OtherWords = "Please tell me how to reset the VPN password";

    [Fact]
    public async Task Ask_SameMeaning_AnsweredFromMemoryAndSaysSo()
    {
        await using var gateway = Gateway(out _);
        await gateway.AskAsync(Call(Question));
        var second = Call(OtherWords);

        Assert.Equal(("answer 1", "semantic"), (await gateway.AskAsync(second), second.Cache));
    }

    [Fact]
    public async Task Ask_CosineBelowTheThreshold_AsksAgain()
    {
        await using var gateway = Gateway(out var embedder);
        embedder.Vectors[OtherWords] = [0.94f, MathF.Sqrt(1 - (0.94f * 0.94f))];
        await gateway.AskAsync(Call(Question));
        Assert.Equal("answer 2", await gateway.AskAsync(Call(OtherWords)));
        var lax = Call(OtherWords + ".");
        embedder.Vectors[OtherWords + "."] = [0.99f, MathF.Sqrt(1 - (0.99f * 0.99f))];

        Assert.Equal("answer 1", await gateway.AskAsync(lax));
    }

    [Theory]
    [InlineData("t-b", "u-1", null)]
    [InlineData("t-a", "u-2", null)]
    [InlineData("t-a", "u-1", "person:u-1")]
    public async Task Ask_OtherTenantPersonOrRights_NeverTheOthersAnswer(string tenant, string user, string? rights)
    {
        await using var gateway = Gateway(out _);
        await gateway.AskAsync(Call(Question));

        Assert.Equal("answer 2", await gateway.AskAsync(Call(OtherWords, tenant, user, rights)));
    }

    /// <summary>Whoever asks whatever in any order and wording: an answer was made for somebody of the same tenant with the same rights, and for a question that agrees.</summary>
    [Fact]
    public void Ask_AnyCallers_OnlyAnswersOfTheSameScope() => Prop.ForAll(
        Gen.ListOf(
            from tenant in Gen.Elements("t-a", "t-b", "t-a|t-b")
            from user in Gen.Elements("u-1", "u-2", "t-b")
            from rights in Gen.Elements<string?>(null, null, "", "staff", "person:u-1", "u-1", "rights:staff")
            from text in Gen.Elements(Question, OtherWords, "How do I reset the VPN password for Anna?", "how can I reset the vpn password for anna", "How do I reset the VPN password for Ben?")
            select (tenant, user, rights, text)).Select(list => list.ToList()).ToArbitrary(),
        asks =>
        {
            var gateway = Gateway(out _);
            var made = new List<(string Tenant, string Rights, string Text)>();
            foreach (var (tenant, user, rights, text) in asks)
            {
                var asker = (tenant, Rights: rights is null ? $"person {user}" : $"rights {rights}", text);
                gateway.Script = (_, _, _) =>
                {
                    made.Add(asker);
                    return FakeEndpoint.Answer(new ChatText($"{made.Count - 1}"), FakeEndpoint.End());
                };
                var answer = made[int.Parse(gateway.AskAsync(Call(text, tenant, user, rights)).GetAwaiter().GetResult(), System.Globalization.CultureInfo.InvariantCulture)];
                if ((answer.Tenant, answer.Rights) != (asker.tenant, asker.Rights) || !QuestionFacts.Of(answer.Text).AgreesWith(QuestionFacts.Of(text)))
                {
                    return false;
                }
            }

            return true;
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("How do I reset the VPN password for Anna?", "How do I reset the VPN password for Ben?")]
    [InlineData("Who has 3 licences?", "Who has 30 licences?")]
    [InlineData("Which VPN works?", "Which VPN does not work?")]
    public async Task Ask_FactsDiffer_AsksAgainThoughTheVectorsAreEqual(string first, string second)
    {
        await using var gateway = Gateway(out var embedder);
        await gateway.AskAsync(Call(first));

        Assert.Equal("answer 2", await gateway.AskAsync(Call(second)));
        Assert.Empty(embedder.Asked);
    }

    [Theory]
    [InlineData("history")]
    [InlineData("system")]
    [InlineData("tool")]
    [InlineData("model")]
    [InlineData("sources")]
    [InlineData("off")]
    [InlineData("never")]
    public async Task Ask_RestDiffersOrMayNot_AsksAgain(string what)
    {
        await using var gateway = Gateway(out _);
        ChatMessage[] tool = [new ChatMessage { Role = ChatRole.Tool, ToolCallId = "1", Text = "42" }];
        var shared = what == "tool" ? "staff" : null;
        await gateway.AskAsync(Call(Question, rights: shared, before: what == "tool" ? tool : []));

        ChatMessage[] before = what switch
        {
            "history" => [new ChatMessage { Role = ChatRole.User, Text = "Hi" }],
            "system" => [new ChatMessage { Role = ChatRole.System, Text = "Be brief." }],
            "tool" => tool,
            _ => [],
        };
        var second = Call(OtherWords, rights: shared, model: what == "model" ? "large" : "standard", origin: origin => what == "never" ? origin with { Cache = ModelCacheHint.Never } : origin, before: before);
        second.Policy = what switch
        {
            "sources" => second.Policy with { SourceVersions = new Dictionary<string, long> { [""] = 2 } },
            "off" => second.Policy with { SemanticThreshold = 1.01 },
            _ => second.Policy,
        };

        Assert.Equal("answer 2", await gateway.AskAsync(second));
    }

    // The whole pipeline: nobody but the classifier says what the question is about.
    [Theory]
    [InlineData("access", 0.999, "answer 2", 1)]
    [InlineData("access", 0.98, "answer 1", 0)]
    [InlineData("hardware", 0.999, "answer 1", 1)]
    [InlineData("unsure", 0.999, "answer 2", 1)]
    [InlineData("silent", 0.999, "answer 2", 1)]
    public async Task Ask_ThresholdOfTheIntent_HoldsAndIsLookedUpOnlyWhereItDecides(string intent, double threshold, string answer, int classified)
    {
        var (embedder, classifier) = (new FakeEmbedder(), new FakeClassifier(intent));
        await using var gateway = new GatewayUnderTest(services => services.AddSingleton<ITextEmbedder>(embedder).AddSingleton<IRequestClassifier>(classifier).AddStewardModelRouting().AddStewardModelCaches(options =>
        {
            options.ShadowShare = 0;
            options.SemanticThresholds["access"] = threshold;
        }));
        embedder.Vectors[OtherWords] = [0.99f, MathF.Sqrt(1 - (0.99f * 0.99f))];
        await gateway.AskAsync(Call(Question));
        Assert.Equal(0, classifier.Asked);

        Assert.Equal((answer, classified), (await gateway.AskAsync(Call(OtherWords)), classifier.Asked));
    }

    [Fact]
    public async Task Ask_AutoAfterACloseMiss_EachThingIsAskedOnce()
    {
        var (embedder, classifier) = (new FakeEmbedder(), new FakeClassifier("access"));
        await using var gateway = new GatewayUnderTest(services => services.AddSingleton<ITextEmbedder>(embedder).AddSingleton<IRequestClassifier>(classifier).AddStewardModelRouting().AddStewardModelCaches(options => options.SemanticThresholds["access"] = 1.01));
        await gateway.AskAsync(Call(Question, model: ModelCall.Auto));
        var second = Call(OtherWords, model: ModelCall.Auto);

        Assert.Equal(("answer 2", 3, "access"), (await gateway.AskAsync(second), classifier.Asked, second.Intent));
    }

    [Fact]
    public async Task Ask_NoEmbedder_OffAndSaysSo()
    {
        await using var gateway = new GatewayUnderTest(services => services.AddStewardModelCaches());
        await gateway.AskAsync(Call(Question));

        Assert.Equal("answer 2", await gateway.AskAsync(Call(OtherWords)));
        Assert.StartsWith("off: no embedder", gateway.Get<ModelCacheStatus>().Semantic, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ask_NothingKnownThatAgrees_ComputesNoVector()
    {
        await using var gateway = Gateway(out var embedder);
        await gateway.AskAsync(Call(Question));
        await gateway.AskAsync(Call("Who has 3 licences?"));

        Assert.Empty(embedder.Asked);
    }

    [Fact]
    public async Task Ask_AnotherAgrees_EachVectorIsComputedOnce()
    {
        await using var gateway = Gateway(out var embedder);
        embedder.Vectors[OtherWords] = [0, 1];
        await gateway.AskAsync(Call(Question));
        await gateway.AskAsync(Call(OtherWords));
        await gateway.AskAsync(Call(OtherWords + "."));

        Assert.Equal([Question, OtherWords, OtherWords + "."], embedder.Asked.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Ask_MeaningCannotBeComputed_AsksAndFindsItLater()
    {
        await using var gateway = Gateway(out var embedder);
        await gateway.AskAsync(Call(Question));
        embedder.IsDown = true;
        Assert.Equal("answer 2", await gateway.AskAsync(Call(OtherWords)));
        embedder.IsDown = false;

        Assert.NotEqual("answer 3", await gateway.AskAsync(Call(OtherWords + ".")));
    }

    [Theory]
    [InlineData("answer the same", "agrees")]
    [InlineData("something else", "differs")]
    public async Task Hit_InTheSample_ModelIsAskedAsWellAndCompared(string fresh, string result)
    {
        var results = new List<string>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, it) => { if (instrument.Name == "steward.models.cache.shadow") { it.EnableMeasurementEvents(instrument); } } };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => { lock (results) { results.Add((string)tags[0].Value!); } });
        listener.Start();
        await using var gateway = Gateway(out var embedder, options => options.ShadowShare = 1);
        embedder.Vectors["something else"] = [0, 1];
        gateway.Script = (number, _, _) => FakeEndpoint.Answer(new ChatText(number == 1 ? "answer" : fresh), FakeEndpoint.End());
        await gateway.AskAsync(Call(Question));

        Assert.Equal("answer", await gateway.AskAsync(Call(OtherWords)));
        await gateway.Get<ShadowSample>().Last;
        Assert.Equal(2, gateway.Asked.Count);
        lock (results)
        {
            Assert.Contains(result, results);
        }
    }

    private static GatewayUnderTest Gateway(out FakeEmbedder embedder, Action<ModelCacheOptions>? configure = null)
    {
        var made = embedder = new FakeEmbedder();
        return new GatewayUnderTest(services => services.AddSingleton<ITextEmbedder>(made).AddStewardModelCaches(options =>
        {
            options.ShadowShare = 0;
            configure?.Invoke(options);
        }));
    }

    /// <summary>Always finds the same intent; none, or nothing at all, where it is called so.</summary>
    private sealed class FakeClassifier(string intent) : IRequestClassifier
    {
        public int Asked { get; private set; }

        public string Summary => "a test's";

        public RequestGlance? Glance(string tenantId, string text, RequestAspects aspects) => null;

        public ValueTask<RequestClass?> ClassifyAsync(string tenantId, string text, RequestAspects aspects, CancellationToken cancellationToken)
        {
            Asked++;
            return new(intent == "silent" ? null : new RequestClass { Intent = intent == "unsure" ? null : intent, Complex = 0.1 });
        }
    }

    /// <summary>All texts mean the same unless the test says otherwise.</summary>
    private sealed class FakeEmbedder : ITextEmbedder
    {
        public Dictionary<string, float[]> Vectors { get; } = [];

        public List<string> Asked { get; } = [];

        public bool IsDown { get; set; }

        public string Summary => "a test's";

        public ValueTask<TextVector?> EmbedAsync(string tenantId, string text, bool isInteractive, CancellationToken cancellationToken)
        {
            Asked.Add(text);
            return new(IsDown ? null : new TextVector(Vectors.GetValueOrDefault(text) ?? [1, 0], "1"));
        }
    }
}
