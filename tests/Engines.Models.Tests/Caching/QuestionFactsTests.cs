using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Models.Caching;

namespace Steward.Engines.Models.Tests.Caching;

public sealed class QuestionFactsTests
{
    [Theory]
    [InlineData("VPN works", "VPN does not work")]
    [InlineData("The VPN is working", "The VPN isn't working")]
    [InlineData("Reset the password for Anna", "Reset the password for Ben")]
    [InlineData("reset the password for anna", "reset the password for ben")]
    [InlineData("reset password", "reset password for anna")]
    [InlineData("Give access for 3 days", "Give access for 30 days")]
    [InlineData("Give access for three days", "Give access for thirty days")]
    [InlineData("Give access for 3 days", "Give access for 3 weeks")]
    [InlineData("Give access in 3 days", "Give access for 3 days")]
    [InlineData("How much is 5 GB?", "How much is 5 MB?")]
    [InlineData("How much is 5GB?", "How much is 5MB?")]
    [InlineData("Which tickets were closed last week?", "Which tickets were closed this week?")]
    [InlineData("Which tickets were closed on Monday?", "Which tickets were closed on Tuesday?")]
    [InlineData("Release of 11/12", "Release of 12/11")]
    [InlineData("Is the site closed on 2026-11-20?", "Is the site closed on 2026-11-21?")]
    [InlineData("temperature of -5", "temperature of 5")]
    [InlineData("a raise of 5 %", "a raise of 5")]
    [InlineData("costs 5 €", "costs 5 $")]
    [InlineData("version 1.5", "version 15")]
    [InlineData("status of INC0012345", "status of INC0012346")]
    [InlineData("open fs01/share", "open fs02/share")]
    [InlineData("how to enable MFA", "how to disable MFA")]
    [InlineData("turn the proxy on", "turn the proxy off")]
    [InlineData("move the mailbox from Anna to Ben", "move the mailbox from Ben to Anna")]
    [InlineData("is Teams better than Zoom", "is Zoom better than Teams")]
    [InlineData("can Anna approve Ben", "can Ben approve Anna")]
    [InlineData("install Chrome instead of Firefox", "install Firefox instead of Chrome")]
    [InlineData("install Chrome, not Firefox", "install Firefox, not Chrome")]
    [InlineData("use A or B", "use A and B")]
    [InlineData("How do I install it?", "Why do I install it?")]
    [InlineData("Where is the printer?", "What is the printer?")]
    [InlineData("How many licences are there?", "How long are licences there?")]
    [InlineData("Can I install Chrome?", "How do I install Chrome?")]
    [InlineData("How should I install Chrome?", "How can I install Chrome?")]
    [InlineData("printer offline", "scanner offline")]
    [InlineData("all users", "some users")]
    [InlineData("Is it open this morning?", "Is it open this afternoon?")]
    [InlineData("What does IT do?", "What does it do?")]
    [InlineData("my laptop", "her laptop")]
    [InlineData("before the migration", "after the migration")]
    [InlineData("VPN geht", "VPN geht nicht")]
    [InlineData("Ich habe Zugriff", "Ich habe keinen Zugriff")]
    [InlineData("Passwort für Anna zurücksetzen", "Passwort für Ben zurücksetzen")]
    [InlineData("Zugriff für drei Tage", "Zugriff für dreißig Tage")]
    [InlineData("Tickets der letzten Woche", "Tickets dieser Woche")]
    [InlineData("mit Lizenz", "ohne Lizenz")]
    [InlineData("Wer hat Zugriff?", "Wann hat man Zugriff?")]
    [InlineData("von Berlin nach Wien", "von Wien nach Berlin")]
    [InlineData("VPN status please", "Was ist der VPN status")]
    [InlineData("✅ done", "❌ done")]
    public void Agrees_SomethingThatMattersDiffers_No(string first, string second)
    {
        Assert.False(QuestionFacts.Of(first).AgreesWith(QuestionFacts.Of(second)));
        Assert.False(QuestionFacts.Of(second).AgreesWith(QuestionFacts.Of(first)));
    }

    [Theory]
    [InlineData("How do I reset the VPN password?", "hello, how can I reset the vpn password please")]
    [InlineData("How do I reset the VPN password?", "Could you tell me how to reset the VPN pw?")]
    [InlineData("Give access for 3 days", "please give access for three days")]
    [InlineData("The VPN doesn't work", "the vpn doesn’t work")]
    [InlineData("Which laptops are available?", "which notebooks are available")]
    [InlineData("password reset Okta", "reset password Okta")]
    [InlineData("Wie kann ich das Passwort zurücksetzen?", "Hallo, wie kann man bitte das Kennwort zurücksetzen")]
    [InlineData("5GB mailbox", "5 GB mailbox")]
    public void Agrees_OnlyTheManner_Yes(string first, string second) => Assert.True(QuestionFacts.Of(first).AgreesWith(QuestionFacts.Of(second)));

    /// <summary>Any text agrees with itself, also broken ones, and agreement goes both ways.</summary>
    [Fact]
    public void Agrees_AnyTexts_ReflexiveAndSymmetric() => Prop.ForAll<string?, string?>((first, second) =>
    {
        var (x, y) = (QuestionFacts.Of(first ?? ""), QuestionFacts.Of(second ?? ""));
        return x.AgreesWith(QuestionFacts.Of(first ?? "")) && x.AgreesWith(y) == y.AgreesWith(x);
    }).QuickCheckThrowOnFailure();

    /// <summary>A number, a name or a negation put into a question anywhere, or taken out, is never overlooked.</summary>
    [Fact]
    public void Agrees_WordThatMattersIsAdded_No() => Prop.ForAll(
        (from words in Gen.ListOf(Gen.Elements("please", "reset", "the", "vpn", "for", "Outlook", "how", "do", "work", "from", "my", "laptop")) from added in Gen.Elements("7", "seven", "not", "Zoe", "zoe", "never", "tomorrow", "ohne", "nicht", "z@x.de", "+", "INC77") from at in Gen.Choose(0, 12) select (Words: words.ToList(), Added: added, At: at)).ToArbitrary(),
        drawn =>
        {
            var words = drawn.Words;
            var without = string.Join(' ', words);
            words.Insert(Math.Min(drawn.At, words.Count), drawn.Added);
            return !QuestionFacts.Of(without).AgreesWith(QuestionFacts.Of(string.Join(' ', words)));
        }).QuickCheckThrowOnFailure();
}
