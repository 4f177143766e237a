"""The Kubernetes project's client library for Python does what programs do with it.

Run with KUBECONFIG set. Prints one line for every step that went well; a step that does not ends it.
"""

import base64
import json
import threading

from kubernetes import client, config, dynamic, utils, watch
from kubernetes.client.rest import ApiException
from kubernetes.leaderelection import electionconfig, leaderelection
from kubernetes.leaderelection.resourcelock.configmaplock import ConfigMapLock

NAMESPACE = "default"


def status_of(call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except ApiException as error:
        return error.status
    return 0


def check(actual, expected):
    if actual != expected:
        raise AssertionError(f"{actual!r} is not {expected!r}")


def config_map(name, data):
    return client.V1ConfigMap(
        metadata=client.V1ObjectMeta(name=name, labels={"test": "python"}), data=data
    )


def objects():
    core = client.CoreV1Api()
    made = core.create_namespaced_config_map(NAMESPACE, config_map("a", {"x": "1"}))
    check(made.data, {"x": "1"})
    check(status_of(core.create_namespaced_config_map, NAMESPACE, config_map("a", {})), 409)
    made.data = {"x": "2"}
    check(core.replace_namespaced_config_map("a", NAMESPACE, made).data, {"x": "2"})
    check(status_of(core.replace_namespaced_config_map, "a", NAMESPACE, made), 409)
    merged = core.patch_namespaced_config_map("a", NAMESPACE, {"data": {"y": "1"}})
    check(merged.data, {"x": "2", "y": "1"})
    listed = [{"op": "remove", "path": "/data/x"}]
    check(core.patch_namespaced_config_map("a", NAMESPACE, listed).data, {"y": "1"})
    names = [m.metadata.name for m in core.list_namespaced_config_map(NAMESPACE).items]
    check("a" in names, True)
    check(core.delete_namespaced_config_map("a", NAMESPACE).status, "Success")
    check(status_of(core.read_namespaced_config_map, "a", NAMESPACE), 404)
    secret = client.V1Secret(metadata=client.V1ObjectMeta(name="s"), string_data={"k": "v"})
    made = core.create_namespaced_secret(NAMESPACE, secret)
    check(base64.b64decode(made.data["k"]), b"v")


def every_list():
    """Models refuse answers that lack what the API requires."""
    core, apps, batch = client.CoreV1Api(), client.AppsV1Api(), client.BatchV1Api()
    for listed in [
        core.list_node,
        core.list_namespace,
        core.list_pod_for_all_namespaces,
        core.list_service_for_all_namespaces,
        core.list_endpoints_for_all_namespaces,
        core.list_event_for_all_namespaces,
        core.list_service_account_for_all_namespaces,
        core.list_component_status,
        apps.list_deployment_for_all_namespaces,
        apps.list_replica_set_for_all_namespaces,
        batch.list_job_for_all_namespaces,
        client.RbacAuthorizationV1Api().list_cluster_role,
        client.RbacAuthorizationV1Api().list_cluster_role_binding,
        client.CoordinationV1Api().list_lease_for_all_namespaces,
        client.DiscoveryV1Api().list_endpoint_slice_for_all_namespaces,
        client.SchedulingV1Api().list_priority_class,
        client.ApiregistrationV1Api().list_api_service,
        client.NetworkingV1Api().list_ingress_for_all_namespaces,
        client.StorageV1Api().list_storage_class,
    ]:
        listed()
    check(len(client.ApisApi().get_api_versions().groups) > 15, True)
    check(client.VersionApi().get_code().major, "1")


def workload():
    apps, core = client.AppsV1Api(), client.CoreV1Api()
    template = client.V1PodTemplateSpec(
        metadata=client.V1ObjectMeta(labels={"app": "py"}),
        spec=client.V1PodSpec(containers=[client.V1Container(name="c", image="nginx:1")]),
    )
    spec = client.V1DeploymentSpec(
        replicas=2, selector=client.V1LabelSelector(match_labels={"app": "py"}), template=template
    )
    deployment = client.V1Deployment(metadata=client.V1ObjectMeta(name="py"), spec=spec)
    apps.create_namespaced_deployment(NAMESPACE, deployment)
    watcher = watch.Watch()
    for event in watcher.stream(
        apps.list_namespaced_deployment,
        NAMESPACE,
        field_selector="metadata.name=py",
        timeout_seconds=20,
    ):
        if event["object"].status.available_replicas == 2:
            watcher.stop()
    pods = core.list_namespaced_pod(NAMESPACE, label_selector="app=py").items
    check([pod.status.phase for pod in pods], ["Running", "Running"])
    apps.patch_namespaced_deployment_scale("py", NAMESPACE, {"spec": {"replicas": 1}})
    check(apps.read_namespaced_deployment_scale("py", NAMESPACE).spec.replicas, 1)
    foreground = client.V1DeleteOptions(propagation_policy="Foreground")
    apps.delete_namespaced_deployment("py", NAMESPACE, body=foreground)


def watched():
    core = client.CoreV1Api()
    version = core.list_namespaced_config_map(NAMESPACE).metadata.resource_version
    for name in ["one", "two"]:
        core.create_namespaced_config_map(NAMESPACE, config_map(name, {}))
    seen = []
    watcher = watch.Watch()
    selection = {"label_selector": "test=python", "resource_version": version, "timeout_seconds": 20}
    for event in watcher.stream(core.list_namespaced_config_map, NAMESPACE, **selection):
        seen.append((event["type"], event["object"].metadata.name))
        if len(seen) == 2:
            watcher.stop()
    check(seen, [("ADDED", "one"), ("ADDED", "two")])


def dynamically():
    """Finds out what there is by discovery."""
    found = dynamic.DynamicClient(client.ApiClient())
    maps = found.resources.get(api_version="v1", kind="ConfigMap")
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "dynamic", "namespace": NAMESPACE},
        "data": {"a": "1"},
    }
    check(maps.create(body=body).data.a, "1")
    body["data"] = {"b": "2"}
    merged = maps.patch(body=body, content_type="application/merge-patch+json")
    check(merged.to_dict()["data"], {"a": "1", "b": "2"})
    check(len(found.resources.get(api_version="apps/v1", kind="Deployment").verbs), 8)
    maps.delete(name="dynamic", namespace=NAMESPACE)


def from_yaml():
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "yaml"},
        "spec": {"ports": [{"port": 80}]},
    }
    utils.create_from_dict(client.ApiClient(), service)
    check(client.CoreV1Api().read_namespaced_service("yaml", NAMESPACE).spec.type, "ClusterIP")


def leads():
    """The library's own election, by an annotation of a ConfigMap."""
    started = threading.Event()
    lock = ConfigMapLock("lead", NAMESPACE, "a")
    times = {"lease_duration": 15, "renew_deadline": 10, "retry_period": 1}
    chosen = electionconfig.Config(
        lock, onstarted_leading=started.set, onstopped_leading=None, **times
    )
    candidate = leaderelection.LeaderElection(chosen)
    threading.Thread(target=candidate.run, daemon=True).start()
    check(started.wait(20), True)
    found = client.CoreV1Api().read_namespaced_config_map("lead", NAMESPACE)
    record = json.loads(found.metadata.annotations["control-plane.alpha.kubernetes.io/leader"])
    check(record["holderIdentity"], "a")


config.load_kube_config()
for step in [objects, every_list, workload, watched, dynamically, from_yaml, leads]:
    step()
    print(step.__name__, flush=True)
