using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Triage;

namespace Steward.Grains.Tests.Triage.Learning;

[Collection(GrainClusterGroup.Name)]
public class TriageLearningGrainTests(GrainCluster cluster)
{
    [Fact]
    public async Task List_NothingTrainedYet_IsEmptyForAdminsAndRefusedToOthers()
    {
        var learning = cluster.Grains.GetGrain<ITriageLearningGrain>(GrainKeys.TriageLearning("t-quiet"));
        cluster.SignIn("t-quiet", "u-ada", WellKnownRoles.Admin);
        Assert.Empty(await learning.List());
        Assert.Null((await learning.GetHealth()).At);

        cluster.SignIn("t-quiet", "u-bob", "auditor");
        Assert.Empty(await learning.List());
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => learning.Start())).Code);

        cluster.SignIn("t-quiet", "u-eve", "employee");
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => learning.List())).Code);
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => learning.GetHealth())).Code);
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => learning.Resume())).Code);
    }
}
