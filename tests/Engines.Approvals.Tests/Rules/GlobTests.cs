using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Approvals.Rules.Conditions;

namespace Steward.Engines.Approvals.Tests.Rules;

public sealed class GlobTests
{
    [Fact]
    public void Matches_AnyPatternAndText_IsAsARegularExpressionSays()
    {
        var pattern = Gen.Elements('a', 'b', 'B', '*', '?', '.', '[').ListOf().Select(chars => string.Concat(chars));
        var text = Gen.Elements('a', 'b', 'A', '.', '[', '*').ListOf().Select(chars => string.Concat(chars));
        Prop.ForAll(pattern.SelectMany(p => text.Select(t => (p, t))).ToArbitrary(), given =>
        {
            var expected = Regex.IsMatch(
                given.t, @"\A" + Regex.Escape(given.p).Replace("\\*", ".*", StringComparison.Ordinal).Replace("\\?", ".", StringComparison.Ordinal) + @"\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
            return Glob.Matches(given.p, given.t) == expected;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }
}
