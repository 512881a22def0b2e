using System.Text.Json;
using Steward.Engines.Notifications.Answers;
using Steward.Notifications;

namespace Steward.Grains.Tests.Notifications;

/// <summary>Whose account in a chat may decide, by what the chat's directory says of it.</summary>
public sealed class ChannelPeopleTests
{
    [Theory]
    [InlineData("""{"teamId":"T1","email":"Ada@acme.example"}""", "T1", true)]
    [InlineData("""{"teamId":"T2","email":"ada@acme.example"}""", "T1", false)]
    [InlineData("""{"teamId":"T2","enterpriseId":"E1","enterpriseTeams":["T2","T1"],"email":"ada@acme.example"}""", "T1", true)]
    [InlineData("""{"teamId":"T2","enterpriseId":"E1","enterpriseTeams":["T2"],"email":"ada@acme.example"}""", "E1", true)]
    [InlineData("""{"teamId":"T2","enterpriseId":"E2","enterpriseTeams":["T2"],"email":"ada@acme.example"}""", "E1", false)]
    [InlineData("""{"teamId":"T2","email":"ada@acme.example"}""", "E1", false)]
    [InlineData("""{"teamId":"T1","isBot":true,"email":"ada@acme.example"}""", "T1", false)]
    [InlineData("""{"teamId":"T1","deleted":true,"email":"ada@acme.example"}""", "T1", false)]
    public void EmailOf_Account_IsSomebodysOfTheOrganisationOnly(string account, string organisation, bool isTaken)
    {
        var click = new ChannelClick { Channel = "slack", Verb = ClickVerb.Approve, ApprovalId = "a-1", SubjectHash = "h", ExternalUserId = "U1", ExternalTenantId = organisation, OperationId = "o" };

        Assert.Equal(isTaken ? "ada@acme.example" : null, ChannelPeople.EmailOf(JsonElement.Parse(account), click));
    }
}
