"""Reports with findings, for the tests of what shows them."""

from cabanas_perf.report.record import Finding, Query


def with_findings(report, *findings, workload_findings=()):
    query = Query(name="check_overlap", statement="SELECT 1", findings=tuple(findings))
    workload = report.workloads[0].model_copy(update={"findings": tuple(workload_findings)})
    return report.model_copy(update={"queries": (query,), "workloads": (workload, *report.workloads[1:])})


def finding(severity="warning", rule="seq-scan", message="reads it all", **fields):
    return Finding(rule=rule, severity=severity, message=message, **fields)
