using Steward.Connectors;
using Steward.Engines.Connectors.Instances;

namespace Steward.Grains.Tests.Notifications;

public sealed class SignInNoticeTests
{
    private static readonly ConnectorInstance Okta = new() { TenantId = "t-acme", Name = "okta", Title = "Okta", TemplateId = "okta", TemplateVersion = "1.0.0", TemplateHash = "0", AuthId = "key" };

    [Fact]
    public void NoticeOf_Broken_SaysWhatAndWhy()
    {
        var notice = SignInEvent.NoticeOf(Okta, Change(SignInHistory.Active, SignInHistory.Broken));
        Assert.Contains("\"instance\":\"okta\"", notice, StringComparison.Ordinal);
        Assert.Contains("\"state\":\"broken\"", notice, StringComparison.Ordinal);
        Assert.Contains("\"problem\":\"refused\"", notice, StringComparison.Ordinal);
    }

    [Fact]
    public void NoticeOf_WellAgain_NeedsNobody() => Assert.Null(SignInEvent.NoticeOf(Okta, Change(SignInHistory.Broken, SignInHistory.Active)));

    private static SignInChange Change(string before, string state) => new() { Number = 1, Before = before, State = state, Reason = "refused", At = new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero) };
}
