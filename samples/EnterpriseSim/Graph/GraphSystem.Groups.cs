using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Graph;

/// <summary>Groups and their members.</summary>
internal sealed partial class GraphSystem
{
    private Reply ListGroups(Call call) => Many(call, Directory.Groups.Select(g => g.Render(World.Company.Domain)), "groups", 100, 999);

    private Reply GetGroup(Call call) => One(call, GroupOf(call).Render(World.Company.Domain), "groups");

    private Reply ListMemberOf(Call call)
    {
        var user = UserOf(call);
        return Many(call, Directory.Groups.Where(g => g.Members.Contains(user.Id)).Select(g => g.Render(World.Company.Domain)), "groups", 100, 999);
    }

    private Reply ListMembers(Call call) => Many(call, GroupOf(call).Members.Select(id => Directory.Find(id)!.Properties), "users", 100, 999);

    private Reply AddMember(Call call)
    {
        var group = GroupOf(call);
        var reference = call.Json.Text("@odata.id") ?? throw Fail(400, "Request_BadRequest", "The request body must contain '@odata.id'.");
        var user = Directory.Find(reference[(reference.LastIndexOf('/') + 1)..]) ?? throw Missing(reference[(reference.LastIndexOf('/') + 1)..]);
        if (group.Members.Contains(user.Id))
        {
            throw Fail(400, "Request_BadRequest", "One or more added object references already exist for the following modified properties: 'members'.");
        }

        group.Members.Add(user.Id);
        call.Committed();
        return Reply.NoContent();
    }

    private Reply RemoveMember(Call call)
    {
        if (!GroupOf(call).Members.Remove(call.Route("userId")))
        {
            throw Missing(call.Route("userId"));
        }

        call.Committed();
        return Reply.NoContent();
    }

    private GraphGroup GroupOf(Call call) => Directory.Groups.Find(g => g.Id == call.Route("id")) ?? throw Missing(call.Route("id"));
}
