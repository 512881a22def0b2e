using Steward.Engines.Notifications.Rendering;
using Steward.Engines.Notifications.Texts;

namespace Steward.Engines.Notifications.Tests.Texts;

public sealed class NoticeTemplatesTests
{
    public static TheoryData<string, string> Shipped
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var language in NoticeLanguage.All)
            {
                foreach (var kind in NoticeTemplates.Kinds)
                {
                    data.Add(language, kind);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Shipped))]
    public void Check_ShippedText_IsFine(string language, string kind) => Assert.Null(NoticeTemplates.Check($"{kind}/{language}", NoticeLanguage.Find(language).Template(kind)!));

    [Theory]
    [InlineData("approval.requested/en", "")]
    [InlineData("approval.requested/en", "\nno title")]
    [InlineData("approval.requested/en", "{nothing}")]
    [InlineData("approval.requested/en", "{summary|html}")]
    [InlineData("connector.sign_in/en", "{arguments.x}")]
    [InlineData("approval.requested/english!", "x")]
    [InlineData("approval.requested/en/fax", "x")]
    [InlineData("approval.unknown/en", "x")]
    [InlineData("approval.requested", "x")]
    public void Check_WrongText_SaysWhatIsAllowed(string key, string text) => Assert.NotNull(NoticeTemplates.Check(key, text));

    [Theory]
    [InlineData("approval.requested/de-AT/slack", "Bitte: {summary}\n{?amount:Kostet {amount}.}")]
    [InlineData("approval.requested/en", "{arguments.user|upper}")]
    public void Check_RightText_IsFine(string key, string text) => Assert.Null(NoticeTemplates.Check(key, text));

    [Fact]
    public void Render_OwnTextOfAChannel_GoesBeforeTheLanguagesAndTheShippedOne()
    {
        var templates = new Dictionary<string, string>
        {
            ["approval.requested/de"] = "Allgemein: {summary}",
            ["approval.requested/de/slack"] = "Nur Slack: {summary}\n{arguments.user}",
        };

        Assert.StartsWith("Nur Slack: Assign", Render("slack", "de-AT", templates).Title, StringComparison.Ordinal);
        Assert.StartsWith("Allgemein: Assign", Render("email", "de-AT", templates).Title, StringComparison.Ordinal);
        Assert.StartsWith("Approval needed: ", Render("slack", "en", templates).Title, StringComparison.Ordinal);
        Assert.StartsWith("Freigabe nötig: ", Render("teams", "de", []).Title, StringComparison.Ordinal);
        Assert.StartsWith("Approval needed: ", Render("teams", "xx", []).Title, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_TextWhoseValueIsMissing_FallsBackToTheShippedOne() =>
        Assert.StartsWith("Approval needed: ", Render("slack", "en", new() { ["approval.requested/en"] = "{freeze}: {summary}" }).Title, StringComparison.Ordinal);

    private static RenderedNotice Render(string channel, string locale, Dictionary<string, string> templates) =>
        NoticeRenderer.Render(NoticeRenderer.Sample(NoticeKinds.ApprovalRequested, locale: locale), new ChannelSettings { Channel = channel, Templates = templates });
}
