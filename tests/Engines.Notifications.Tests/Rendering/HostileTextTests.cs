using System.Text.Json;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Notifications.Rendering;

namespace Steward.Engines.Notifications.Tests.Rendering;

/// <summary>Whatever strangers write: no mention, link, button, header or element comes of it.</summary>
public sealed partial class HostileTextTests
{
    private static readonly string[] Pieces =
    [
        "<!channel>", "<!here|here>", "@everyone", "@channel", "<@U012ABCDEF>", "<#C012ABCDEF>", "<https://evil.test|Approve>", "https://evil.test/x", "www.evil.test", "evil.test", "[click](https://evil.test)",
        "![x](https://evil.test/a.png)", "*bold*", "`code`", "```", "~x~", "<at>Everybody</at>", "<script>alert(1)</script>", "<img src=x onerror=y>", "</pre></body><a href='https://evil.test'>", "\"", "'", "&lt;", "&#60;",
        "\r\nBcc: all@evil.test\r\n", "\n\n", "\0", "\u202E", "\u2066", "\u2028", "\uD800", "{summary}", "{{", "}", "{?reason:x}", "\\", "\"},{\"type\":\"actions\"", "ä", "日本", "👩‍💻", new string('x', 500), new string('"', 300),
    ];

    private static readonly Gen<string> Text = from parts in Gen.NonEmptyListOf(Gen.OneOf(Gen.Elements(Pieces), ArbMap.Default.ArbFor<string>().Generator.Select(text => text ?? "")))
                                               select string.Concat(parts.Take(12));

    [Fact]
    public void Render_AnyText_MakesNothingButText() =>
        Prop.ForAll(Gen.ArrayOf(Text, 14).ToArbitrary(), texts =>
        {
            foreach (var kind in new[] { NoticeKinds.ApprovalRequested, NoticeKinds.ApprovalClosed, NoticeKinds.ApprovalComment })
            {
                var notice = Hostile(kind, texts);
                CheckSlack(NoticeRenderer.Render(notice, Settings("slack")), kind == NoticeKinds.ApprovalRequested ? 3 : 1);
                CheckTeams(NoticeRenderer.Render(notice, Settings("teams")), kind == NoticeKinds.ApprovalRequested ? 2 : 0);
                CheckMail(NoticeRenderer.Render(notice, Settings("email")));
                using var webhook = JsonDocument.Parse(NoticeRenderer.Render(notice, Settings("webhook")).Payload);
                Assert.Equal(3, webhook.RootElement.EnumerateObject().Count());
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    [Fact]
    public void Render_Secrets_AreMaskedEverywhere()
    {
        var data = NoticeData.Write(new ApprovalNoticeData
        {
            ApprovalId = "a-1",
            SubjectHash = new string('0', 64),
            Summary = "Set the password: hunter2Hunter2! for Ada",
            Arguments = JsonElement.Parse("""{"user":"ada","password":"hunter2Hunter2!","nested":{"api_key":"k-123456789"},"list":[{"token":"t-123456789"}]}"""),
            Preview = JsonElement.Parse("""{"secret":"s-123456789"}"""),
            Reason = "my token is: xoxb-1234567890-abcdef",
        });
        foreach (var channel in new[] { "slack", "teams", "email", "webhook", "in_app" })
        {
            var rendered = NoticeRenderer.Render(NoticeRenderer.Sample(NoticeKinds.ApprovalRequested, data), Settings(channel));

            foreach (var secret in new[] { "hunter2", "k-123456789", "t-123456789", "s-123456789", "xoxb-123" })
            {
                Assert.DoesNotContain(secret, rendered.Title + rendered.Text + rendered.Payload, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Render_OddData_LeavesThingsOut()
    {
        foreach (var odd in new[] { "{}", """{"summary":5}""", """{"arguments":[1,2],"similar":null}""", """{"deadline":"soon"}""", """{"summary":"\ud800"}""", "[]", "null" })
        {
            foreach (var channel in new[] { "slack", "teams", "email", "webhook", "in_app" })
            {
                Assert.NotEqual("", NoticeRenderer.Render(NoticeRenderer.Sample(NoticeKinds.ApprovalRequested, JsonElement.Parse(odd)), Settings(channel)).Title);
            }
        }
    }

    [Fact]
    public void Render_HugeData_KeepsToTheLimits()
    {
        var arguments = JsonSerializer.SerializeToElement(Enumerable.Range(0, 400).ToDictionary(number => $"name{number}", _ => new string('ä', 900)));
        var data = NoticeData.Write(new ApprovalNoticeData
        {
            ApprovalId = "a-1", SubjectHash = new string('0', 64), Summary = new string('s', 5_000), Reason = new string('r', 50_000), Arguments = arguments, Preview = arguments,
            Similar = [.. Enumerable.Range(0, 50).Select(_ => new SimilarDecision { Summary = new string('p', 3_000), Status = "approved" })],
        });
        var notice = NoticeRenderer.Sample(NoticeKinds.ApprovalRequested, data);

        // Only the one that opens the page.
        CheckSlack(NoticeRenderer.Render(notice, Settings("slack")), 1);
        CheckTeams(NoticeRenderer.Render(notice, Settings("teams")), 0);
        Assert.InRange(NoticeRenderer.Render(notice, Settings("email")).Title.Length, 1, 200);
    }

    [Theory]
    [InlineData(200, true)]
    [InlineData(201, false)]
    [InlineData(1_000, false)]
    public void Render_ArgumentsThatAreNotShownWhole_HaveNoButtons(int items, bool expected)
    {
        var arguments = JsonSerializer.SerializeToElement(new { items = Enumerable.Repeat("x", items), password = "hunter2" });
        var data = NoticeData.Write(new ApprovalNoticeData { ApprovalId = "a-1", SubjectHash = new string('0', 64), Summary = "s", Arguments = arguments });
        var notice = NoticeRenderer.Sample(NoticeKinds.ApprovalRequested, data);

        Assert.Equal(expected, NoticeRenderer.Render(notice, Settings("slack")).Payload.Contains("steward.approve", StringComparison.Ordinal));
        Assert.Equal(expected, NoticeRenderer.Render(notice, Settings("teams")).Payload.Contains("\"verb\":\"approve\"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(200, true)]
    [InlineData(201, false)]
    public void Mask_ThenRender_HasNoSecretsAndShowsTheSame(int items, bool expected)
    {
        var arguments = JsonSerializer.SerializeToElement(new { items = Enumerable.Repeat("x", items), password = "hunter2", pin = new { clientSecret = 4711 } });
        var data = NoticeData.Write(new ApprovalNoticeData { ApprovalId = "a-1", SubjectHash = new string('0', 64), Summary = "s", Arguments = arguments });
        var notice = NoticeRenderer.Sample(NoticeKinds.ApprovalRequested, data);

        var masked = NoticeMask.Of(notice);

        Assert.DoesNotContain("hunter2", masked.Data.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("4711", masked.Data.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(masked.Data.GetRawText(), NoticeMask.Of(masked).Data.GetRawText());
        foreach (var channel in (string[])["slack", "teams", "email"])
        {
            Assert.Equal(NoticeRenderer.Render(notice, Settings(channel)), NoticeRenderer.Render(masked, Settings(channel)));
        }

        Assert.Equal(expected, NoticeRenderer.Render(masked, Settings("slack")).Payload.Contains("steward.approve", StringComparison.Ordinal));
    }

    private static ChannelSettings Settings(string channel) => new() { Channel = channel, PublicAddress = "https://steward.acme.example" };

    private static Notice Hostile(string kind, string[] t) => NoticeRenderer.Sample(kind, NoticeData.Write(new ApprovalNoticeData
    {
        ApprovalId = "a-1", SubjectHash = new string('0', 64), Summary = t[0], Type = t[1], Action = t[2], Reason = t[3], Requester = new NoticePerson { Name = t[4], Email = t[5] }, Environment = t[6], Level = t[7],
        Rule = t[8], Why = t[9], Similar = [new SimilarDecision { Summary = t[10], Status = t[11] }], CommentBy = t[12], CommentText = t[13], DecidedBy = t[4], Risk = "critical",
        Status = kind == NoticeKinds.ApprovalClosed ? "approved" : null,
        Arguments = JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["a"] = Scalar(t[0]), [Scalar(t[1])] = Scalar(t[2]) }),
    }));

    private static string Scalar(string text) => string.Concat(text.EnumerateRunes());

    private static void CheckSlack(RenderedNotice rendered, int buttons)
    {
        using var json = JsonDocument.Parse(rendered.Payload);
        var fallback = json.RootElement.GetProperty("text").GetString()!;
        Assert.DoesNotMatch(SlackSyntax(), fallback);
        var blocks = json.RootElement.GetProperty("blocks");
        Assert.InRange(blocks.GetArrayLength(), 1, 50);
        Assert.InRange(rendered.Payload.Length, 1, 60_000);
        var count = 0;
        foreach (var element in Objects(blocks))
        {
            var type = element.TryGetProperty("type", out var named) ? named.GetString() : null;
            // Nothing in the message can call, link or be set: it is all of these kinds.
            Assert.Contains(type, new[] { null, "header", "section", "context", "actions", "rich_text", "rich_text_section", "rich_text_preformatted", "rich_text_quote", "rich_text_list", "text", "plain_text", "button" });
            if (type == "plain_text")
            {
                Assert.False(element.GetProperty("emoji").GetBoolean());
                Assert.InRange(element.GetProperty("text").GetString()!.Length, 1, 3_000);
            }

            if (type == "header")
            {
                Assert.InRange(element.GetProperty("text").GetProperty("text").GetString()!.Length, 1, 150);
            }

            if (type == "button")
            {
                count++;
                Assert.True(!element.TryGetProperty("url", out var url) || url.GetString() == "https://steward.acme.example/approvals#a-1");
            }
        }

        Assert.Equal(buttons, count);
    }

    private static void CheckTeams(RenderedNotice rendered, int buttons)
    {
        Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(rendered.Payload), 1, 28 * 1024);
        using var json = JsonDocument.Parse(rendered.Payload);
        Assert.False(json.RootElement.TryGetProperty("msteams", out _));
        var types = Objects(json.RootElement).Select(element => element.TryGetProperty("type", out var type) ? type.GetString() : null).Where(type => type is not null).ToList();
        Assert.All(types, type => Assert.Contains(type, new[] { "AdaptiveCard", "RichTextBlock", "TextRun", "Container", "Action.Execute", "Action.OpenUrl" }));
        Assert.Equal(buttons == 0 ? 0 : buttons + 1, types.Count(type => type == "Action.Execute"));
        Assert.All(Objects(json.RootElement).Where(element => element.TryGetProperty("url", out _)), element => Assert.Equal("https://steward.acme.example/approvals#a-1", element.GetProperty("url").GetString()));
    }

    private static void CheckMail(RenderedNotice rendered)
    {
        Assert.InRange(rendered.Title.Length, 1, 200);
        Assert.DoesNotContain(rendered.Title, char.IsControl);
        Assert.All(Tags().Matches(rendered.Payload).Select(tag => tag.Value), tag => Assert.Matches(OwnTags(), tag));
        Assert.Single(Links().Matches(rendered.Payload));
    }

    private static IEnumerable<JsonElement> Objects(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => json.EnumerateObject().Where(member => member.Name != "data").SelectMany(member => Objects(member.Value)).Prepend(json),
        JsonValueKind.Array => json.EnumerateArray().SelectMany(Objects),
        _ => [],
    };

    // What Slack would read in mrkdwn: brackets, calls, marks, addresses.
    [GeneratedRegex("[<>]|@[A-Za-z]|#[A-Za-z]|://|www\\.[A-Za-z]|evil\\.test|\\*[^\\u2060]|`[^\\u2060]|~[^\\u2060]")]
    private static partial Regex SlackSyntax();

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tags();

    [GeneratedRegex("\\A(<!DOCTYPE html>|</?(html|head|title|body|h2|h3|p|table|tr|th|td|pre|ul|li|blockquote|br|a|meta)( (lang|charset|style|href)=\"[^\"<>]*\")*>)\\z")]
    private static partial Regex OwnTags();

    [GeneratedRegex("href=\"https://steward\\.acme\\.example/approvals#a-1\"")]
    private static partial Regex Links();
}
