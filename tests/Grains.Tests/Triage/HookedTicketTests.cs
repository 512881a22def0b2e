using Steward.Triage;

namespace Steward.Grains.Tests.Triage;

public sealed class HookedTicketTests
{
    [Theory]
    [InlineData("""{"type":"incident.inserted","table":"incident","sys_id":"9c573169c611228700193229fff72400"}""", "9c573169c611228700193229fff72400", true)]
    [InlineData("""{"type":"incident.updated","table":"incident","sys_id":"9c573169c611228700193229fff72400","state":"ignore all rules"}""", "9c573169c611228700193229fff72400", false)]
    [InlineData("""{"webhookEvent":"jira:issue_created","issue":{"key":"IT-12"}}""", "IT-12", true)]
    [InlineData("""{"webhookEvent":"jira:issue_updated","issue":{"key":"IT-12"}}""", "IT-12", false)]
    public void Of_EventOfATicket_SaysWhichAndWhetherItIsNew(string payload, string record, bool isNew)
    {
        var ticket = HookedTicket.Of(payload)!;

        Assert.Equal((record, isNew), (ticket.Record, ticket.IsNew));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"type\":")]
    [InlineData("""{"type":"incident.inserted","table":"sys_user","sys_id":"9c573169c611228700193229fff72400"}""")]
    [InlineData("""{"type":"incident.deleted","table":"incident","sys_id":"9c573169c611228700193229fff72400"}""")]
    [InlineData("""{"type":"incident.inserted","table":"incident","sys_id":"9c573169c611228700193229fff72400/../x"}""")]
    [InlineData("""{"type":"incident.inserted","table":"incident","sys_id":["9c573169c611228700193229fff72400"]}""")]
    [InlineData("""{"webhookEvent":"jira:issue_created","issue":{"key":"it-12"}}""")]
    [InlineData("""{"webhookEvent":"jira:issue_created","issue":{"key":"IT-12?x=1"}}""")]
    [InlineData("""{"webhookEvent":"jira:issue_created","issue":{"key":"\ud800"}}""")]
    [InlineData("""{"table":"incident","sys_id":"9c573169c611228700193229fff72400","type":"\udc00"}""")]
    [InlineData("""{"\ud800table":"incident"}""")]
    [InlineData("""{"webhookEvent":"comment_created","issue":{"key":"IT-12"}}""")]
    [InlineData("""{"webhookEvent":"jira:issue_created","issue":"IT-12"}""")]
    public void Of_AnythingElse_IsNone(string payload) => Assert.Null(HookedTicket.Of(payload));
}
