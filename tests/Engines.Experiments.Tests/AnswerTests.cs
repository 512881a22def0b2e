using Steward.Engines.Experiments.Evaluation;
using Steward.Engines.Experiments.Quality;

namespace Steward.Engines.Experiments.Tests;

/// <summary>What is masked in texts that are learnt from, and which changes of model or prompt the answers show.</summary>
public sealed class AnswerTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("Write to ada.lovelace+it@acme.example.", "Write to [mail].")]
    [InlineData("Call +49 (0)30 901820 or 030 / 1234567.", "Call [phone] or [phone].")]
    [InlineData("Call 555-010-4477 now", "Call [phone] now")]
    [InlineData("From DE89 3704 0044 0532 0130 00 please", "From [account] please")]
    [InlineData("Card 4111 1111 1111 1111 was refused", "Card [number] was refused")]
    [InlineData("Host 10.0.0.12 does not answer", "Host [address] does not answer")]
    [InlineData("Ask ADA, not Adam: Lovelace knows", "Ask [name], not Adam: [name] knows")]
    [InlineData("INC0012345 of 2026-11-22 has 3 of 250 steps", "INC0012345 of 2026-11-22 has 3 of 250 steps")]
    public void Mask_WhatIsPersonal_IsMaskedAndNothingElse(string text, string masked) => Assert.Equal(masked, PersonalText.Mask(text, "Ada Lovelace"));

    [Fact]
    public void Changes_OfMostAnswers_AreDatedBackToTheirFirst()
    {
        // A canary's few answers, then all; then the version from before again.
        var answers = Answers(Enumerable.Repeat("p@1", 40).Concat(Enumerable.Range(0, 40).Select(i => i % 10 == 9 ? "p@2" : "p@1")).Concat(Enumerable.Repeat("p@2", 40)).Concat(Enumerable.Repeat("p@1", 30)));

        var changes = AnswerChanges.Of(answers);

        Assert.Equal(["prompt p@1 → p@2", "prompt p@2 → p@1"], changes.Select(change => change.What));
        Assert.InRange(changes[0].At, Start.AddMinutes(69), Start.AddMinutes(80));
        Assert.Equal(Start.AddMinutes(120), changes[1].At);
    }

    [Fact]
    public void Changes_AFallbackForAFew_IsNone()
    {
        var answers = Enumerable.Range(0, 200).Select(i => new AnswerSource(Start.AddMinutes(i), i % 3 == 0 ? "second" : "first", null));

        Assert.Empty(AnswerChanges.Of(answers));
    }

    private static IEnumerable<AnswerSource> Answers(IEnumerable<string> prompts) => prompts.Select((prompt, i) => new AnswerSource(Start.AddMinutes(i), "m", prompt));
}
