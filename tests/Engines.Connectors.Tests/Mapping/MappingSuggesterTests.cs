using System.Text.Json;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Mapping;
using Xunit.Abstractions;

namespace Steward.Engines.Connectors.Tests.Mapping;

/// <summary>
/// Suggestions, scored on real fields of real products that people paired by hand (field-pairs.json). What the suggester knows may be changed by looking at the set
/// <c>dev</c>; the set <c>held-out</c> is for scoring only.
/// </summary>
public class MappingSuggesterTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("dev", 0.8, 0.7)]
    [InlineData("held-out", 0.85, 0.7)]
    public void ByNames_RealFields_FindsMostPairs(string set, double precision, double recall)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Mapping", "field-pairs.json")));
        var (suggested, right, gold) = (0, 0, 0);
        foreach (var pair in document.RootElement.GetProperty("pairs").EnumerateArray().Where(pair => pair.GetProperty("set").GetString() == set))
        {
            var expected = pair.GetProperty("gold").EnumerateArray().Select(entry => entry.GetString()!.Split('=')).ToDictionary(entry => entry[0], entry => entry[1], StringComparer.Ordinal);
            var suggestions = MappingSuggester.ByNames(Fields(document, pair.GetProperty("from").GetString()!), Fields(document, pair.GetProperty("to").GetString()!));
            var hits = suggestions.Count(suggestion => expected.GetValueOrDefault(suggestion.From) == suggestion.To);
            output.WriteLine($"{set}: {pair.GetProperty("from")} to {pair.GetProperty("to")}: {hits} of {suggestions.Count} suggestions right, {expected.Count} pairs");
            if (set == "dev")
            {
                output.WriteLine("  wrong: " + string.Join(", ", suggestions.Where(suggestion => expected.GetValueOrDefault(suggestion.From) != suggestion.To).Select(suggestion => $"{suggestion.From}={suggestion.To} {suggestion.Score}")));
                output.WriteLine("  missed: " + string.Join(", ", expected.Where(entry => !suggestions.Any(suggestion => suggestion.From == entry.Key && suggestion.To == entry.Value)).Select(entry => $"{entry.Key}={entry.Value}")));
            }

            (suggested, right, gold) = (suggested + suggestions.Count, right + hits, gold + expected.Count);
        }

        output.WriteLine($"{set}: precision@1 {right / (double)suggested:0.000}, recall {right / (double)gold:0.000} over {gold} pairs");
        Assert.InRange(right / (double)suggested, precision, 1);
        Assert.InRange(right / (double)gold, recall, 1);
    }

    [Fact]
    public void ByNames_TypesThatDiffer_SuggestsTheFunction() =>
        Assert.Equal("text", Assert.Single(MappingSuggester.ByNames([new SchemaField("priority", ValueTypes.Number)], [new SchemaField("priority", ValueTypes.Text)])).Function);

    [Fact]
    public void Accept_SomeSuggestions_TakesOnlyThoseAndReplacesOlderOnes()
    {
        var proposal = new MappingProposal
        {
            OperationId = "issues.create",
            Direction = MappingDirection.Out,
            Suggestions = [Suggestion("a", "x"), Suggestion("b", "y"), Suggestion("c", "z")],
        };
        FieldMapping[] current = [new() { Direction = MappingDirection.Out, From = "old", To = "y" }, new() { Direction = MappingDirection.In, From = "p", To = "y" }];

        var accepted = proposal.Accept(current, [1]);

        Assert.Equal([("p", "y"), ("b", "y")], accepted.Select(mapping => (mapping.From, mapping.To)));
        Assert.Throws<ArgumentOutOfRangeException>(() => proposal.Accept(current, [3]));
    }

    [Fact]
    public async Task Suggest_ModelConfigured_ItsPairsWinAndInventedPathsAreDropped()
    {
        var model = new FakeModel([new ModelPair("a", "far", "upper", 0.9), new ModelPair("a", "invented", null, 1), new ModelPair("b", "far", "shout", 1)]);

        var suggested = await new MappingSuggester(model).SuggestAsync([Field("a"), Field("near")], [Field("far"), Field("near")], CancellationToken.None);

        Assert.Equal((MappingModelUse.Used, 2), (suggested.Model, suggested.Dropped));
        Assert.Equal([("a", "far", "model", "upper"), ("near", "near", "names", null)], suggested.Suggestions.Select(suggestion => (suggestion.From, suggestion.To, suggestion.Source, suggestion.Function)));
    }

    [Fact]
    public async Task Suggest_ModelFails_NamesAreLeft()
    {
        var suggested = await new MappingSuggester(new FakeModel(null)).SuggestAsync([Field("a")], [Field("a")], CancellationToken.None);

        Assert.Equal(MappingModelUse.Failed, suggested.Model);
        Assert.Equal("names", Assert.Single(suggested.Suggestions).Source);
    }

    [Fact]
    public async Task Suggest_NoModel_SaysSo() =>
        Assert.Equal(MappingModelUse.NotConfigured, (await new MappingSuggester().SuggestAsync([Field("a")], [Field("a")], CancellationToken.None)).Model);

    [Theory]
    [InlineData("b", "target", null)]
    [InlineData("text", "b", null)]
    [InlineData("text", "target", "shout")]
    [InlineData("text", "target", "constant(owned)")]
    [InlineData("text", "target", "concat({password})")]
    [InlineData("text", "target", "default(owned)")]
    [InlineData("text", "target", "multiply(2)")]
    [InlineData("text", "items.*.name", null)]
    [InlineData("text", "structure", null)]
    public async Task Suggest_ModelPairThatCannotHold_IsDropped(string from, string to, string? function)
    {
        SchemaField[] sources = [Field("text"), Field("password")];
        SchemaField[] targets = [Field("target"), Field("items.*.name"), new SchemaField("structure", ValueTypes.Structure)];

        var suggested = await new MappingSuggester(new FakeModel([new ModelPair(from, to, function, 1)])).SuggestAsync(sources, targets, CancellationToken.None);

        Assert.Equal(1, suggested.Dropped);
        Assert.DoesNotContain(suggested.Suggestions, suggestion => suggestion.Source == "model");
    }

    [Theory]
    [InlineData(7.5, 1)]
    [InlineData(-1, 0)]
    [InlineData(double.NaN, 0)]
    public async Task Suggest_ModelTooSure_ScoreStaysInItsBounds(double confidence, double score)
    {
        var suggested = await new MappingSuggester(new FakeModel([new ModelPair("a", "far", null, confidence)])).SuggestAsync([Field("a")], [Field("far")], CancellationToken.None);

        Assert.Equal(score, Assert.Single(suggested.Suggestions).Score);
    }

    private static IReadOnlyList<SchemaField> Fields(JsonDocument document, string system) =>
    [
        .. document.RootElement.GetProperty("systems").GetProperty(system).EnumerateArray().Select(entry => entry.GetString()!.Split(':')).Select(parts => new SchemaField(parts[0], parts[1] switch
        {
            "number" => ValueTypes.Number,
            "boolean" => ValueTypes.Boolean,
            "array" => ValueTypes.List,
            _ => ValueTypes.Text,
        })
        {
            Format = parts[1] == "date-time" ? "date-time" : null,
        }),
    ];

    private static SchemaField Field(string path) => new(path, ValueTypes.Text);

    private static MappingSuggestion Suggestion(string from, string to) => new() { From = from, To = to, Score = 1, Source = "names" };

    private sealed class FakeModel(IReadOnlyList<ModelPair>? pairs) : IMappingModel
    {
        public Task<IReadOnlyList<ModelPair>> ProposeAsync(IReadOnlyList<SchemaField> sources, IReadOnlyList<SchemaField> targets, CancellationToken cancellationToken) =>
            pairs is null ? throw new MappingModelException("no model") : Task.FromResult(pairs);
    }
}
