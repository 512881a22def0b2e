using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Models.Caching;
using Steward.Engines.Models.Tests.Gateway;

namespace Steward.Engines.Models.Tests.Caching;

public sealed class AnswerKeyTests
{
    private static readonly Gen<string> Part = Gen.Elements("", "a", "b", "ab", "a|b", "rights:a", "person:a", "\0", "a\0", "ü", "u\u0308");

    /// <summary>Two calls have one key only if tenant, rights or person, model, prompt and text are the same.</summary>
    [Fact]
    public void Of_AnyTwoCalls_EqualOnlyIfAllPartsAre() => Prop.ForAll(
        Gen.ArrayOf(Part, 6).ToArbitrary(),
        Gen.ArrayOf(Part, 6).ToArbitrary(),
        (first, second) => Key(first) is not { } x || Key(second) is not { } y || (x.Key == y.Key) == x.Parts.SequenceEqual(y.Parts)).QuickCheckThrowOnFailure();

    /// <summary>The same for calls that differ in one part only, which two random ones hardly do.</summary>
    [Fact]
    public void Of_OnePartChanged_OtherKey() => Prop.ForAll(
        Gen.ArrayOf(Part, 6).ToArbitrary(),
        Gen.Zip(Gen.Choose(0, 5), Part).ToArbitrary(),
        (first, change) =>
        {
            var second = first.ToArray();
            second[change.Item1] = change.Item2;
            return Key(first) is not { } x || Key(second) is not { } y || (x.Key == y.Key) == x.Parts.SequenceEqual(y.Parts);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Format_PartOfAnAbstractKind_WritesWhatItIs() =>
        Assert.NotEqual(JsonSerializer.Serialize<Part0>(new Image("x"), AnswerKey.Format), JsonSerializer.Serialize<Part0>(new Image("y"), AnswerKey.Format));

    // 0 tenant, 1 rights ("" is none), 2 person, 3 model, 4 prompt, 5 text
    private static (AnswerKey Key, string[] Parts)? Key(string[] parts)
    {
        var call = GatewayUnderTest.Call(parts[5], parts[0], parts[2], parts[1].Length == 0 ? null : parts[1], parts[3], origin => origin with { PromptVersion = parts[4] });
        return CacheScope.TryOf(call.Origin, out var scope)
            ? (AnswerKey.Of(scope, call), [parts[0], parts[1].Length == 0 ? "person " + parts[2] : "rights " + parts[1], parts[3], parts[4], parts[5].Normalize().Trim()])
            : null;
    }

    private abstract record Part0;

    private sealed record Image(string Url) : Part0;
}
